// dc+sd-jwt (SD-JWT VC): hanse and @sd-jwt/sd-jwt-vc, both ways, with and without key binding.
import {randomUUID} from 'node:crypto';
import {FlattenJSON, GeneralJSON} from '@sd-jwt/core';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';
import {accepted, call, home, issue, issuerDID, rejected, verify, verifyPresentation} from '../hanse.mjs';
import {hasher, newKey, saltGenerator, sdSigner, sdVerifier, verifyRaw} from '../keys.mjs';
import {json, keyOf, parsed} from '../jws.mjs';
import {check, must, refusal} from '../report.mjs';
import {misdisclosed} from './sdjwt.mjs';

export const vct = 'https://credentials.example.com/identity_credential';
const audience = 'https://verifier.example', nonce = randomUUID();

const claims = {given_name: 'Ada', family_name: 'Lovelace', address: {locality: 'London', country: 'GB'}, nationalities: ['GB', 'FR']};

/** Their verifier, for credentials signed with a JWK. */
export const reader = (jwk, more = {}) => new SDJwtVcInstance({
  hasher, hashAlg: 'sha-256', saltGenerator, verifier: sdVerifier(jwk),
  kbVerifier: async (data, signature, payload) => verifyRaw(payload.cnf.jwk, data, Buffer.from(signature, 'base64url')), ...more
});

/** Their issuer; header parameters are the caller's. */
const writer = key => new SDJwtVcInstance({hasher, hashAlg: 'sha-256', saltGenerator, signAlg: key.alg, signer: sdSigner(key)});

/** Their holder, who binds what is presented to a key. */
const holder = key => new SDJwtVcInstance({hasher, hashAlg: 'sha-256', saltGenerator, kbSignAlg: key.alg, kbSigner: sdSigner(key)});

/** Has hanse issue an SD-JWT VC for a holder's key; returns its compact text. */
export async function issued(name, holderKey, options, more = {}) {
  const text = await issue(name, options, {vct, disclosable: ['/given_name', '/address/locality', '/nationalities/1'], claims: {
    ...claims, ...holderKey && {cnf: {jwk: holderKey.jwk}}, ...more
  }});
  must(typeof text === 'string', `it is no string but ${JSON.stringify(text).slice(0, 200)}`);
  return text;
}

export async function run() {
  await theyVerify('dc-sd-jwt');
  await keyBinding('dc-sd-jwt');
  await metadata('dc-sd-jwt');
  for(const alg of ['EdDSA', 'ES256', 'ES384', 'ES256K']) {
    await weVerify(alg);
  }
  await confusions();
}

async function theyVerify(name) {
  const key = await newKey('ES256');
  const text = await issued(name, key, {decoys: 2});
  const theirs = reader(await keyOf(text.split('~')[0]), {statusListFetcher: fetchList});
  await check(`${name}: @sd-jwt/sd-jwt-vc verifies what hanse issued`, async () => {
    const {payload, header} = await theirs.verify(text, {requiredClaimKeys: ['given_name', 'cnf', 'address.locality']});
    must(header.typ === 'dc+sd-jwt' && payload.vct === vct && payload.iss === issuerDID(name), `typ ${header.typ}, vct ${payload.vct}, iss ${payload.iss}`);
    must(payload.nationalities.join() === 'GB,FR', `nationalities ${payload.nationalities}`);
    return `alg ${header.alg}, ${text.split('~').length - 2} disclosures, ${parsed(text.split('.')[1])._sd.length} digests with decoys`;
  });
  await check(`${name}: the holder withholds with @sd-jwt/sd-jwt-vc, hanse verifies the rest`, async () => {
    const shown = await theirs.present(text, {address: {locality: true}});
    const answer = await verify(shown, {returnCredential: true});
    const seen = JSON.stringify(answer);
    must(!seen.includes('"Ada"') && !seen.includes('"FR"'), `what was withheld is there: ${seen.slice(0, 400)}`);
    return `${accepted(answer)}, ${shown.split('~').length - 2} of ${text.split('~').length - 2} disclosures`;
  });
  for(const [what, serialization] of Object.entries({flattened: FlattenJSON, general: GeneralJSON})) {
    await check(`${name}: hanse verifies the ${what} JSON serialization that @sd-jwt/core makes of it, and refuses it tampered with`, async () => {
      const document = serialization.fromEncode(text).toJson();
      const seen = accepted(await verify(document));
      const changed = structuredClone(document);
      const header = changed.header ?? changed.signatures[0].header;
      header.disclosures[0] = json(['c2FsdHNhbHRzYWx0c2FsdA', 'given_name', 'Eve']);
      return `${seen}; ${rejected(await verify(changed), 'parse')}`;
    });
  }
  await check(`${name}: both refuse a changed disclosure`, async () => {
    const changed = misdisclosed(text, 'Eve');
    const seen = await theirs.verify(changed).then(r => r.payload, e => e);
    must(!JSON.stringify(seen).includes('Eve'), '@sd-jwt/sd-jwt-vc discloses it');
    return rejected(await verify(changed), 'parse');
  });
  await check(`${name}: both refuse a changed payload`, async () => {
    const changed = repayload(text, p => { p.vct = 'https://credentials.example.com/another'; });
    const e = await refusal(theirs.verify(changed), '@sd-jwt/sd-jwt-vc verifies it');
    return `@sd-jwt: ${e.message}; ${rejected(await verify(changed), 'signature')}`;
  });
}

const fetchList = async uri => (await fetch(uri, {headers: {accept: 'application/statuslist+jwt'}})).text();

/** Lets change alter the payload of the issuer's JWT and leaves everything else, the signature too, as it was. */
function repayload(text, change) {
  const [jws, ...rest] = text.split('~');
  const [header, payload, signature] = jws.split('.');
  const p = parsed(payload);
  change(p);
  return [[header, json(p), signature].join('.'), ...rest].join('~');
}

const now = () => Math.floor(Date.now() / 1000);
export const bind = (key, text, frame, payload) => holder(key).present(text, frame, {kb: {payload: {iat: now(), aud: audience, nonce, ...payload}}});

/** A presentation with key binding: theirs made, ours verified, and everything that may not pass for it. */
async function keyBinding(name) {
  const [key, thief] = [await newKey('ES256'), await newKey('ES256')];
  const text = await issued(name, key);
  const asked = {challenge: nonce, domain: audience};
  const shown = await bind(key, text, {given_name: true});
  await check(`${name}: both verify a presentation that @sd-jwt/sd-jwt-vc bound to the holder's key`, async () => {
    const {kb} = await reader(await keyOf(text.split('~')[0]), {statusListFetcher: fetchList}).verify(shown, {keyBindingNonce: nonce});
    must(kb.payload.aud === audience, `aud ${kb.payload.aud}`);
    const answer = await verifyPresentation(shown, asked);
    must(answer.verified && answer.report.decision === 'accept', `hanse says ${JSON.stringify(answer).slice(0, 900)}`);
    return 'both accept';
  });
  const wrong = {
    'by the key of somebody else': [await bind(thief, text, {given_name: true}), asked],
    'for another nonce': [await bind(key, text, {given_name: true}, {nonce: 'another'}), asked],
    'for another audience': [await bind(key, text, {given_name: true}, {aud: 'https://mill.example'}), asked],
    'a year ago': [await bind(key, text, {given_name: true}, {iat: now() - 31_536_000}), asked],
    'and then had a disclosure added': [shown.replace(/~([^~]*)$/, `~${text.split('~').find(d => d && !shown.includes(d))}~$1`), asked],
    'and then had its binding taken off': [shown.replace(/[^~]*$/, ''), asked],
    'and then had one character of its binding changed': [shown.replace(/.(.)$/, (_, last) => (last === 'A' ? 'B' : 'A') + last), asked],
  };
  for(const [what, [presentation, options]] of Object.entries(wrong)) {
    await check(`${name}: hanse refuses a presentation bound ${what}`, async () => {
      const answer = await verifyPresentation(presentation, options);
      must(!answer.verified && answer.report.decision === 'reject', `hanse says ${answer.report.decision}`);
      return failedChecks(answer);
    });
  }
}

/** What failed in a presentation's report, its own checks and those of what is inside. */
export function failedChecks({report}) {
  const failed = checks => checks.filter(c => c.outcome === 'fail' && c.severity === 'error').map(c => c.id);
  const inside = (report.credentials ?? []).map(c => failed(c.report.checks)).flatMap((ids, n) => ids.map(id => `${id} of credential ${n}`));
  const all = [...failed(report.checks), ...inside];
  must(all.length > 0, `it rejects and names no check: ${JSON.stringify(report).slice(0, 600)}`);
  return `hanse rejects it (${all.join(', ')})`;
}

/** Keys of an issuer that is an https URL are found at a well-known place; those of a DID in its document. */
async function metadata(name) {
  await check(`${name}: its key is the one that its DID document lists`, async () => {
    const text = await issued(name);
    const {kid} = parsed(text.split('.')[0]);
    must(kid.startsWith(issuerDID(name)), `kid ${kid}`);
    return kid.slice(0, 60);
  });
  await check('the center says at /.well-known/jwt-vc-issuer whom it speaks for, or that it has no such issuer', async () => {
    const {status, body} = await call(home, 'GET', '/.well-known/jwt-vc-issuer');
    must(status === 200 && body.issuer && (body.jwks || body.jwks_uri) || status === 404 && body.status === 404, `${status} ${JSON.stringify(body).slice(0, 200)}`);
    return status === 200 ? body.issuer : `404 ${body.type}`;
  });
}

async function weVerify(alg) {
  const [key, holderKey] = [await newKey(alg), await newKey('ES256')];
  const payload = {iss: key.did, iat: now(), vct, cnf: {jwk: holderKey.jwk}, ...claims};
  const frame = {_sd: ['given_name', 'address'], _sd_decoy: 1, address: {_sd: ['locality']}, nationalities: {_sd: [0, 1]}};
  const text = await writer(key).issue(payload, frame, {header: {kid: key.kid}});
  await check(`dc+sd-jwt, ${alg}: hanse verifies what @sd-jwt/sd-jwt-vc issued`, async () =>
    `${accepted(await verify(text))}, ${text.split('~').length - 2} disclosures`);
  await check(`dc+sd-jwt, ${alg}: hanse verifies a part of it, bound by its holder`, async () => {
    const shown = await bind(holderKey, text, {nationalities: {1: true}});
    const answer = await verifyPresentation(shown, {challenge: nonce, domain: audience});
    must(answer.verified && answer.report.decision === 'accept', `hanse says ${JSON.stringify(answer).slice(0, 900)}`);
    return 'accept';
  });
  await check(`dc+sd-jwt, ${alg}: hanse refuses a changed payload`, async () => rejected(await verify(repayload(text, p => { p.iat++; })), 'signature'));
  await check(`dc+sd-jwt, ${alg}: hanse refuses a changed disclosure`, async () => rejected(await verify(misdisclosed(text, 'Eve')), 'parse'));
}

async function confusions() {
  const key = await newKey('ES256');
  const made = (payload, header = {}, frame) => writer(key).issue({iss: key.did, iat: now(), vct, ...claims, ...payload}, frame, {header: {kid: key.kid, ...header}});
  const wrong = {
    'without vct': [await made().then(text => resign(key, text, p => { delete p.vct; })), null],
    'of the type of a vc+sd-jwt': [await made({}, {typ: 'vc+sd-jwt'}), null],
    'of the type of a key binding': [await made({}, {typ: 'kb+jwt'}), 'parse'],
    'of an issuer that is not its key\'s': [await made({iss: 'did:example:mill'}), 'issuer'],
    'that ended': [await made({exp: 1_700_000_000}), 'validity'],
    'that is not valid yet': [await made({nbf: 4_000_000_000}), 'validity'],
    'whose vct can be withheld': [await made().then(text => withholdable(key, text, 'vct')), null],
    'whose cnf can be withheld': [await made({cnf: {jwk: key.jwk}}).then(text => withholdable(key, text, 'cnf')), null],
    'with a digest algorithm that nobody knows': [await made().then(text => resign(key, text, p => { p._sd_alg = 'md5'; })), 'parse'],
  };
  for(const [what, [text, expected]] of Object.entries(wrong)) {
    await check(`dc+sd-jwt: hanse refuses one ${what}`, async () => rejected(await verify(text), expected));
  }
}

/** Signs another payload, as an issuer who errs would. */
function resign(key, text, change) {
  const changed = repayload(text, change);
  const [jws, ...rest] = changed.split('~');
  const input = jws.split('.').slice(0, 2).join('.');
  return [`${input}.${key.sign(input).toString('base64url')}`, ...rest].join('~');
}

/** Makes a claim selectively disclosable that must not be. */
function withholdable(key, text, name) {
  let disclosure;
  const changed = resign(key, text, p => {
    disclosure = json([saltGenerator(16), name, p[name]]);
    delete p[name];
    p._sd = [...p._sd ?? [], hasher(disclosure, 'sha-256').toString('base64url')];
    p._sd_alg = 'sha-256';
  });
  return `${changed}${disclosure}~`;
}
