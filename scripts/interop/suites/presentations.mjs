// Presentations: theirs verified by hanse, hanse's verified by them; every form, mixed forms inside, bound to challenge and domain.
import {randomUUID} from 'node:crypto';
import * as vc from '@digitalbazaar/vc';
import {SDJwtInstance} from '@sd-jwt/core';
import {call, issue, issuerDID, other, unsigned, verifyPresentation} from '../hanse.mjs';
import {documentLoader} from '../documents.mjs';
import {hasher, newKey, saltGenerator, sdSigner} from '../keys.mjs';
import {enveloped, promote, signed, tampered} from '../jws.mjs';
import {check, each, must} from '../report.mjs';
import {signed as coseSigned} from './cose.mjs';
import {signer, suites} from './dataintegrity.mjs';
import {failedChecks, issued as issuedSDJWTVC} from './sdjwtvc.mjs';

const domain = 'https://verifier.example';
const v2 = 'https://www.w3.org/ns/credentials/v2';

export async function run() {
  const steps = {challenges, unsignedOnes, mixed, legacy};
  for(const suite of suites) {
    steps[suite.issuer] = () => proofs(suite);
  }
  for(const form of ['vp+jwt', 'vp+sd-jwt', 'vp+cose']) {
    steps[form] = () => tokens(form);
  }
  await each(Object.fromEntries(Object.entries(steps).map(([name, step]) => [`presentations, ${name}`, step])));
}

/** A credential that hanse issues to a holder, in one form. */
function credentialFor(name, did) {
  const credential = unsigned(issuerDID(name));
  credential.credentialSubject.id = did;
  return issue(name, undefined, credential);
}

const presentation = (holder, verifiableCredential) => ({'@context': [v2], type: ['VerifiablePresentation'], holder, verifiableCredential});

function taken(answer, inside) {
  must(answer.verified && answer.report.decision === 'accept', `hanse says ${JSON.stringify(answer.report).slice(0, 1500)}`);
  must(answer.report.credentials.length === inside, `${answer.report.credentials.length} credentials inside, not ${inside}`);
  return `accept, ${inside} inside`;
}

function refused(answer) {
  must(!answer.verified && answer.report.decision === 'reject', `hanse says ${answer.report.decision}`);
  return failedChecks(answer);
}

/** A challenge is good once. */
async function newChallenge() {
  const {status, body} = await call(other, 'POST', '/challenges', {body: {}});
  must(status === 200 && typeof body.challenge === 'string' && body.challenge.length >= 20, `${status} ${JSON.stringify(body)}`);
  return body.challenge;
}

async function challenges() {
  const [suite, key] = [suites[0], await newKey('EdDSA')];
  const challenge = await newChallenge();
  const vp = await sign(suite, key, presentation(key.did, [await credentialFor('eddsa-jcs-2022', key.did)]), {challenge, domain});
  await check('a challenge of hanse\'s is taken once', async () => {
    const first = taken(await verifyPresentation(vp, {challenge, domain}), 1);
    return `${first}; again: ${refused(await verifyPresentation(vp, {challenge, domain}))}`;
  });
  await check('a challenge is never the same', async () => {
    const some = await Promise.all([1, 2, 3, 4].map(newChallenge));
    must(new Set(some).size === 4, some.join());
    return some[0];
  });
  await check('a challenge that somebody else chose is compared, and that is all', async () => {
    const own = randomUUID();
    const made = await sign(suite, key, presentation(key.did, []), {challenge: own, domain});
    taken(await verifyPresentation(made, {challenge: own, domain}), 0);
    return taken(await verifyPresentation(made, {challenge: own, domain}), 0);
  });
}

const sign = (suite, key, vp, {challenge, domain}) =>
  vc.signPresentation({presentation: structuredClone(vp), suite: signer(suite, key), challenge, domain, documentLoader});

/** Data Integrity: @digitalbazaar/vc signs, hanse verifies. */
async function proofs(suite) {
  const [key, thief] = [await newKey(suite.alg), await newKey(suite.alg)];
  const asked = {challenge: randomUUID(), domain};
  const inside = [await credentialFor(suite.issuer, key.did), await credentialFor('vc-jwt', key.did)];
  const vp = await sign(suite, key, presentation(key.did, inside), asked);
  await check(`${suite.issuer}: hanse verifies a presentation that @digitalbazaar/vc signed`, async () => taken(await verifyPresentation(vp, asked), 2));
  const forged = structuredClone(inside[0]);
  promote(forged);
  const wrong = {
    'for another challenge': [vp, {...asked, challenge: 'another'}],
    'for another domain': [vp, {...asked, domain: 'https://mill.example'}],
    'whose holder was changed': [{...vp, holder: thief.did}, asked],
    'that lost a credential': [{...vp, verifiableCredential: vp.verifiableCredential.slice(1)}, asked],
    'that lost its proof': [(({proof, ...rest}) => rest)(vp), asked],
    'of another\'s name': [await sign(suite, thief, presentation(key.did, inside), asked), asked],
    'with a tampered credential inside': [await sign(suite, key, presentation(key.did, [forged]), asked), asked],
  };
  for(const [what, [document, options]] of Object.entries(wrong)) {
    await check(`${suite.issuer}: hanse refuses a presentation ${what}`, async () => refused(await verifyPresentation(document, options)));
  }
}

const mediaTypes = {'vp+jwt': 'application/vp+jwt', 'vp+sd-jwt': 'application/vp+sd-jwt', 'vp+cose': 'application/vp+cose;base64'};

/** Signs a presentation as a token or message, with jose's format, @sd-jwt/core or cborg; returns it enveloped. */
async function secured(form, key, vp, {challenge, domain}) {
  const payload = {...vp, iss: key.did, iat: Math.floor(Date.now() / 1000), nonce: challenge, aud: domain};
  const make = {
    'vp+jwt': () => signed(key, 'vp+jwt', payload, {cty: 'vp'}),
    'vp+sd-jwt': () => new SDJwtInstance({hasher, hashAlg: 'sha-256', saltGenerator, signAlg: key.alg, signer: sdSigner(key)})
      .issue(payload, {}, {header: {typ: 'vp+sd-jwt', cty: 'vp', kid: key.kid}}),
    'vp+cose': () => coseSigned(key, 'application/vp+cose', payload).toString('base64'),
  };
  return enveloped(mediaTypes[form], await make[form](), 'EnvelopedVerifiablePresentation');
}

async function tokens(form) {
  for(const alg of ['EdDSA', 'ES256', 'ES384', 'ES256K']) {
    const [key, thief] = [await newKey(alg), await newKey(alg)];
    const asked = {challenge: randomUUID(), domain};
    const vp = presentation(key.did, [await credentialFor('vc-jwt', key.did), await credentialFor('eddsa-rdfc-2022', key.did)]);
    const token = await secured(form, key, vp, asked);
    await check(`${form}, ${alg}: hanse verifies a presentation that they signed`, async () => taken(await verifyPresentation(token, asked), 2));
    const wrong = {
      'for another nonce': [token, {...asked, challenge: 'another'}],
      'for another audience': [token, {...asked, domain: 'https://mill.example'}],
      'of another\'s name': [await secured(form, {...thief, did: key.did}, vp, asked), asked],
      'with a credential that is only a string': [await secured(form, key, {...vp, verifiableCredential: ['eyJhbGciOiJub25lIn0.e30.']}, asked), asked],
      'with a credential that nobody signed': [await secured(form, key, {...vp, verifiableCredential: [unsigned(issuerDID('vc-jwt'))]}, asked), asked],
    };
    if(form === 'vp+jwt') {
      const jws = token.id.split(',')[1];
      wrong['that was tampered with'] = [{...token, id: `data:application/vp+jwt,${tampered(jws, p => { p.iat--; })}`}, asked];
      wrong['that is a credential by its type'] = [enveloped('application/vp+jwt', signed(key, 'vc+jwt', vp), 'EnvelopedVerifiablePresentation'), asked];
    }
    for(const [what, [document, options]] of Object.entries(wrong)) {
      await check(`${form}, ${alg}: hanse refuses a presentation ${what}`, async () => refused(await verifyPresentation(document, options)));
    }
  }
}

async function unsignedOnes() {
  const vp = presentation('did:example:ada', [await credentialFor('eddsa-jcs-2022', 'did:example:ada')]);
  await check('an unsigned presentation is verified as what it is: its credentials', async () => {
    const answer = await verifyPresentation(vp);
    const holder = answer.report.checks.find(c => c.id === 'holder');
    must(holder.outcome === 'skip', `holder is ${holder.outcome}`);
    return `${taken(answer, 1)}; holder: ${holder.outcome} (${holder.note})`;
  });
  await check('an unsigned presentation proves nobody present', async () => refused(await verifyPresentation(vp, {challenge: 'x', domain})));
}

/** One presentation with credentials of every form inside, and the one that was tampered with named. */
async function mixed() {
  const [key, asked] = [await newKey('ES256'), {challenge: randomUUID(), domain}];
  const names = ['vc-jwt', 'vc-jwt-es256k', 'vc-sd-jwt', 'vc-cose', ...suites.map(s => s.issuer)];
  const inside = await Promise.all(names.map(name => credentialFor(name, key.did)));
  inside.push(enveloped('application/dc+sd-jwt', await issuedSDJWTVC('dc-sd-jwt')));
  names.push('dc-sd-jwt');
  for(const form of ['vp+jwt', 'vp+cose']) {
    await check(`${form} with ${names.length} forms inside: hanse verifies all of them`, async () =>
      taken(await verifyPresentation(await secured(form, key, presentation(key.did, inside), asked), asked), names.length));
  }
  await check('a Data Integrity presentation with forms mixed inside: hanse verifies all of them', async () => {
    const suite = suites.find(s => s.issuer === 'ecdsa-jcs-2019');
    return taken(await verifyPresentation(await sign(suite, key, presentation(key.did, inside), asked), asked), names.length);
  });
  const at = names.indexOf('ecdsa-rdfc-2019');
  const changed = structuredClone(inside);
  promote(changed[at]);
  await check('one of them tampered with: hanse refuses all, and names the one', async () => {
    const answer = await verifyPresentation(await secured('vp+jwt', key, presentation(key.did, changed), asked), asked);
    const seen = refused(answer);
    const bad = answer.report.credentials.flatMap((c, n) => c.report.decision === 'accept' ? [] : [n]);
    must(bad.join() === String(at), `it names ${bad}`);
    return seen;
  });
}

/** JWTs of data model 1.1, with claims vp and vc: as application/jwt, and as nothing else. */
async function legacy() {
  const [key, issuerKey, asked] = [await newKey('ES256'), await newKey('EdDSA'), {challenge: randomUUID(), domain}];
  const context = ['https://www.w3.org/2018/credentials/v1'];
  const credential = signed(issuerKey, 'JWT', {
    iss: issuerKey.did, sub: key.did, nbf: 1_767_225_600, jti: `urn:uuid:${randomUUID()}`,
    vc: {'@context': context, type: ['VerifiableCredential'], credentialSubject: {id: key.did}}
  });
  const jwt = signed(key, 'JWT', {
    iss: key.did, nonce: asked.challenge, aud: domain, vp: {'@context': context, type: ['VerifiablePresentation'], verifiableCredential: [credential]}
  });
  await check('a JWT of data model 1.1: hanse verifies it where it is called application/jwt', async () =>
    taken(await verifyPresentation(jwt, {...asked, mediaType: 'application/jwt'}), 1));
  await check('a JWT of data model 1.1: hanse refuses it as anything else', async () =>
    `${refused(await verifyPresentation(jwt, asked))}; as vp+jwt: ${refused(await verifyPresentation(enveloped('application/vp+jwt', jwt, 'EnvelopedVerifiablePresentation'), asked))}`);
  await check('a JWT of data model 1.1: hanse refuses it tampered with', async () =>
    refused(await verifyPresentation(tampered(jwt, p => { p.jti = 'urn:uuid:1'; }), {...asked, mediaType: 'application/jwt'})));
}
