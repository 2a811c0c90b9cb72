// The endpoints as a conformance suite drives them: every did:key issuer, every verifier endpoint, good and bad input of the
// W3C's VC Data Model 2.0 test suite, in both dialects.
import {randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {accepted, call, home, other, rejected, unsigned, verify} from '../hanse.mjs';
import {newKey} from '../keys.mjs';
import {enveloped, opened, promote, signed, tampered} from '../jws.mjs';
import {check, each, must} from '../report.mjs';

const cases = JSON.parse(readFileSync(new URL('../../../credentials/testdata/vcdm2-cases.json', import.meta.url), 'utf8'));

/** The did:key issuers of documents of the VC data model. */
const issuers = home.issuers.filter(i => i.did.startsWith('did:key:') && i.format !== 'dc+sd-jwt');

/** A case as a document: null takes a member away. */
function documentOf(change, issuer) {
  const all = {...structuredClone(cases.base), issuer, ...change};
  return Object.fromEntries(Object.entries(all).filter(([, v]) => v !== null));
}

const send = (path, body, token = home.token) => call(home, 'POST', path, {body, token});

export async function run() {
  const steps = {};
  for(const issuer of issuers) {
    steps[`conformance of ${issuer.name}`] = () => issuing(issuer);
  }
  await each({...steps, verifying, requests, dialect, batch, status});
}

/** A base direction has no place in the RDF that some suites sign: it would go unsigned, and is refused. */
const noPlace = (format, change) => change.name?.['@direction'] && /-rdfc-|-sd-/.test(format);

async function issuing({name, did, format}) {
  await check(`${name}: issues at both endpoints, in the form it is named after`, async () => {
    const seen = [];
    for(const path of [`/issuers/${name}/credentials/issue`, '/credentials/issue', `/vc-api/issuers/${name}/credentials/issue`]) {
      const {status, body} = await send(path, {credential: unsigned(did)});
      must(status === 201, `${path}: ${status} ${JSON.stringify(body)}`);
      seen.push(shapeOf(body.verifiableCredential, format, did));
    }
    return seen[0];
  });
  await check(`${name}: issues what the data model allows, and hanse verifies it`, async () => {
    let count = 0;
    for(const [what, change] of Object.entries(cases.ok)) {
      const credential = documentOf(change.id ? {...change, id: `urn:uuid:${randomUUID()}`} : change, did);
      const {status, body} = await send(`/issuers/${name}/credentials/issue`, {credential});
      if(noPlace(format, change)) {
        must(status === 422, `${what}: ${status}`);
        continue;
      }
      must(status === 201, `${what}: ${status} ${JSON.stringify(body)}`);
      const future = Date.parse(change.validFrom) > Date.now();
      if(!future && format !== 'ecdsa-sd-2023') { // a base proof is for its holder
        accepted(await verify(body.verifiableCredential));
      }
      count++;
    }
    return `${count} of ${Object.keys(cases.ok).length}`;
  });
  await check(`${name}: refuses what the data model forbids`, async () => {
    const statuses = {};
    for(const [what, change] of Object.entries(cases.fail)) {
      const {status, body, headers} = await send(`/issuers/${name}/credentials/issue`, {credential: documentOf(change, did)});
      const foreign = status === 403 && 'issuer' in change; // an issuer that is no URL is not this one
      must([400, 422].includes(status) || foreign, `${what}: ${status} ${JSON.stringify(body)}`);
      isProblem(body, headers, status);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    return Object.entries(statuses).map(([status, n]) => `${n} × ${status}`).join(', ');
  });
}

/** The outside of what was issued: an envelope, or a proof that names its suite and key. */
function shapeOf(credential, format, did) {
  if(credential.type === 'EnvelopedVerifiableCredential') {
    must(credential['@context'] && credential.id.startsWith(`data:application/${format}`), `id ${credential.id.slice(0, 60)}`);
    return credential.id.slice(0, 40);
  }
  const {type, cryptosuite, verificationMethod, proofPurpose, proofValue, created} = credential.proof;
  must(type === 'DataIntegrityProof' && cryptosuite === format && proofPurpose === 'assertionMethod', `${type}, ${cryptosuite}, ${proofPurpose}`);
  must(verificationMethod === `${did}#${did.slice(8)}`, `method ${verificationMethod}`);
  must(/^[zu]/.test(proofValue) && (!created || /Z$/.test(created)), `proofValue ${proofValue.slice(0, 9)}, created ${created}`);
  return `${type} ${cryptosuite}`;
}

/** RFC 9457. */
function isProblem(body, headers, status) {
  must(headers.get('content-type').startsWith('application/problem+json'), `content type ${headers.get('content-type')}`);
  must(body.status === status && typeof body.type === 'string' && body.title, JSON.stringify(body));
}

/** The same bad input, signed by somebody who does not care. */
async function verifying() {
  const key = await newKey('ES256');
  await check('verifier: refuses what the data model forbids, when others signed it', async () => {
    for(const [what, change] of Object.entries(cases.fail)) {
      const answer = await verify(enveloped('application/vc+jwt', signed(key, 'vc+jwt', documentOf(change, key.did), {cty: 'vc'})));
      const failed = answer.report.checks.filter(c => c.outcome === 'fail' && c.severity === 'error').map(c => c.id);
      must(!answer.verified && failed.some(id => ['dataModel', 'parse', 'resources'].includes(id)), `${what}: ${answer.report.decision} (${failed})`);
    }
    return `${Object.keys(cases.fail).length} of ${Object.keys(cases.fail).length}`;
  });
  await check('verifier: takes what the data model allows, when others signed it', async () => {
    for(const [what, change] of Object.entries(cases.ok).filter(([, c]) => !(Date.parse(c.validFrom) > Date.now()))) {
      const answer = await verify(enveloped('application/vc+jwt', signed(key, 'vc+jwt', documentOf(change, key.did), {cty: 'vc'})));
      must(answer.verified, `${what}: ${JSON.stringify(answer.report.checks.filter(c => c.outcome === 'fail'))}`);
    }
    return `${Object.keys(cases.ok).length - 1} of ${Object.keys(cases.ok).length - 1}, one begins in the future`;
  });
}

/** Requests that are malformed, or may not be made. */
async function requests() {
  const [{name, did}] = issuers;
  const path = `/issuers/${name}/credentials/issue`;
  const bad = {
    'issuing without a token': [401, await send(path, {credential: unsigned(did)}, null)],
    'issuing with a wrong token': [401, await send(path, {credential: unsigned(did)}, 'hk_wrong')],
    'issuing at an issuer that does not exist': [404, await send('/issuers/nobody/credentials/issue', {credential: unsigned(did)})],
    'issuing in the name of another issuer': [403, await send(path, {credential: unsigned(issuers[1].did)})],
    'issuing without a credential': [400, await send(path, {options: {}})],
    'issuing a list': [400, await send(path, {credential: []})],
    'issuing a string': [400, await send(path, {credential: 'x'})],
    'issuing with an unknown option': [400, await send(path, {credential: unsigned(did), options: {unheardOf: 1}})],
    'issuing what is no JSON': [400, await send(path, '{')],
    'verifying without a credential': [400, await send('/credentials/verify', {}, null)],
    'verifying a number': [400, await send('/credentials/verify', {verifiableCredential: 7}, null)],
    'verifying with an unknown option': [400, await send('/credentials/verify', {verifiableCredential: {}, options: {unheardOf: 1}}, null)],
    'verifying a presentation without one': [400, await send('/presentations/verify', {}, null)],
    'deriving from nothing': [400, await send('/credentials/derive', {}, null)],
    'setting a status without a token': [401, await send('/credentials/status', {}, null)],
    'setting a status of a credential that does not exist': [404, await send('/credentials/status', {
      credentialId: `urn:uuid:${randomUUID()}`, status: true, credentialStatus: {type: 'BitstringStatusListEntry', statusPurpose: 'revocation'}
    })],
  };
  for(const [what, [expected, {status, body, headers}]] of Object.entries(bad)) {
    await check(`${what}: ${expected}`, async () => {
      must(status === expected, `${status} ${JSON.stringify(body)}`);
      isProblem(body, headers, status);
      return body.type;
    });
  }
  await check('a body that is too large: 413', async () => {
    const {status} = await call(home, 'POST', '/credentials/verify', {body: JSON.stringify({verifiableCredential: 'x'.repeat(11 << 20)})});
    must(status === 413, `${status}`);
    return `${status}`;
  });
}

/** /vc-api: the status codes that deployed clients of the older VC-API rely on. */
async function dialect() {
  const {name, did} = issuers[0];
  const {body: {verifiableCredential}} = await send(`/issuers/${name}/credentials/issue`, {credential: unsigned(did)});
  const bad = enveloped('application/vc+jwt', tampered(opened(verifiableCredential, 'application/vc+jwt'), promote));
  await check('/vc-api verifies with 200, and refuses with 400 and the same body', async () => {
    const good = await call(other, 'POST', '/vc-api/credentials/verify', {body: {verifiableCredential, options: {checks: ['proof']}}});
    must(good.status === 200 && good.body.verified, `${good.status} ${JSON.stringify(good.body)}`);
    const refused = await call(other, 'POST', '/vc-api/credentials/verify', {body: {verifiableCredential: bad, options: {}}});
    must(refused.status === 400 && refused.body.verified === false, `${refused.status} ${JSON.stringify(refused.body)}`);
    return '200, 400';
  });
  await check('VCALM answers 200 to both, with problem details where asked', async () => {
    const {status, body} = await call(other, 'POST', '/credentials/verify', {body: {verifiableCredential: bad, options: {returnProblemDetails: true}}});
    must(status === 200 && body.verified === false, `${status}`);
    const types = body.problemDetails.map(p => p.type);
    must(types.includes('https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR'), `${types}`);
    return types.join();
  });
}

async function batch() {
  const all = await Promise.all(issuers.filter(i => i.format !== 'ecdsa-sd-2023').map(async ({name, did}) =>
    (await send(`/issuers/${name}/credentials/issue`, {credential: unsigned(did)})).body.verifiableCredential));
  const at = issuers.findIndex(i => i.name === 'eddsa-rdfc-2022');
  promote(all[at]);
  await check(`a batch of ${all.length} forms, one tampered with: the one is named`, async () => {
    const {status, body} = await call(other, 'POST', '/credentials/verify/batch', {body: {verifiableCredentials: all}});
    must(status === 200, `${status} ${JSON.stringify(body).slice(0, 400)}`);
    must(body.verified === false && body.bad.join() === String(at) && body.results.length === all.length, `bad: ${body.bad}, not ${at}`);
    return `bad: [${body.bad}]`;
  });
}

/** Of every issuer, also one whose key signs nothing on the ledger: suspended, and seen. */
async function status() {
  await check('every issuer\'s statuses: set, seen', async () => {
    const seen = [];
    for(const {name, did, format} of issuers.filter(i => i.format !== 'ecdsa-sd-2023')) {
      const credential = unsigned(did);
      const {body: {verifiableCredential}} = await send(`/issuers/${name}/credentials/issue`, {credential});
      const set = await send('/credentials/status', {
        credentialId: credential.id, status: true, credentialStatus: {type: 'BitstringStatusListEntry', statusPurpose: 'suspension'}
      });
      must(set.status === 200, `${name}: ${set.status} ${JSON.stringify(set.body)}`);
      seen.push([name, format, verifiableCredential]);
    }
    for(const [name, , credential] of seen) {
      let answer;
      const end = Date.now() + 10_000;
      do {
        answer = await verify(credential);
      } while(answer.verified && Date.now() < end);
      must(!answer.verified, `${name}: still accepted`);
      rejected(answer, 'status');
    }
    return seen.map(([name]) => name).join(', ');
  });
}
