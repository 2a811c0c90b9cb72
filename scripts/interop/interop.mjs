// Round trips between hanse and implementations that are not ours. Usage: node interop.mjs DEV_JSON
// Prints what was run and what was seen; the last line counts. Exit code 1 if anything was not as it should be.
import {webcrypto} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {randomUUID} from 'node:crypto';

globalThis.crypto ??= webcrypto; // Node 18

const jose = await import('jose');
const vc = await import('@digitalbazaar/vc');
const {DataIntegrityProof} = await import('@digitalbazaar/data-integrity');
const eddsaJCS = await import('@digitalbazaar/eddsa-jcs-2022-cryptosuite');
const eddsaRDFC = await import('@digitalbazaar/eddsa-rdfc-2022-cryptosuite');
const ecdsaJCS = await import('@digitalbazaar/ecdsa-jcs-2019-cryptosuite');
const ecdsaRDFC = await import('@digitalbazaar/ecdsa-rdfc-2019-cryptosuite');
const Ed25519Multikey = await import('@digitalbazaar/ed25519-multikey');
const EcdsaMultikey = await import('@digitalbazaar/ecdsa-multikey');
const {SDJwtInstance} = await import('@sd-jwt/core');
const {driver} = await import('@digitalbazaar/did-method-key');
const {checkStatus} = await import('@digitalbazaar/vc-bitstring-status-list');

const dev = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const [home, other] = [dev.centers[0], dev.centers[dev.centers.length - 1]];
let passed = 0, failed = 0;

/** Runs one check; body throws, or returns a line that says what was seen. */
async function check(name, body) {
  try {
    console.log(`pass  ${name}: ${await body()}`);
    passed++;
  } catch(e) {
    const cause = e.errors?.[0] ?? e.cause ?? '';
    console.log(`FAIL  ${name}: ${e.message} ${cause?.message ?? cause}`);
    failed++;
  }
}

function must(condition, message) {
  if(!condition) {
    throw new Error(message);
  }
}

async function post(center, path, body, token) {
  const response = await fetch(center.api + path, {
    method: 'POST', body: JSON.stringify(body),
    headers: {'content-type': 'application/json', ...token && {authorization: `Bearer ${center.token}`}}
  });
  const text = await response.text();
  must(response.ok, `${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : {};
}

// ---- what the other libraries need: contexts, DID documents, status lists

const contexts = new Map(Object.entries({
  'https://www.w3.org/ns/credentials/v2': 'credentials-v2.jsonld',
  'https://www.w3.org/ns/credentials/examples/v2': 'credentials-examples-v2.jsonld',
  'https://w3id.org/security/data-integrity/v2': 'data-integrity-v2.jsonld',
  'https://w3id.org/security/multikey/v1': 'multikey-v1.jsonld',
  'https://www.w3.org/ns/did/v1': 'did-v1.jsonld',
}).map(([url, file]) => [url, JSON.parse(readFileSync(new URL(`../../credentials/contexts/${file}`, import.meta.url), 'utf8'))]));

const didKey = driver();
didKey.use({multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from});
didKey.use({multibaseMultikeyHeader: 'zDna', fromMultibase: EcdsaMultikey.from});
didKey.use({multibaseMultikeyHeader: 'z82L', fromMultibase: EcdsaMultikey.from});

/** Resolves DIDs through hanse (did:hanse) or the did:key library, contexts from disk, status lists from hanse. */
async function documentLoader(url) {
  const document = contexts.get(url) ?? await load(url);
  return {contextUrl: null, documentUrl: url, document};
}

async function load(url) {
  if(url.startsWith('did:key:')) {
    return didKey.get({url});
  }
  if(url.startsWith('did:hanse:')) {
    const [did, fragment] = url.split('#');
    const response = await fetch(`${other.api}/1.0/identifiers/${did}`, {headers: {accept: 'application/did'}});
    must(response.ok, `${did} does not resolve`);
    const document = await response.json();
    return fragment ? {'@context': 'https://w3id.org/security/multikey/v1', ...document.verificationMethod.find(m => m.id === url)} : document;
  }
  must(url.startsWith(home.api), `nothing else is fetched: ${url}`);
  return (await fetch(url, {headers: {accept: 'application/vc'}})).json();
}

const unsigned = issuer => ({
  '@context': ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/ns/credentials/examples/v2'],
  id: `urn:uuid:${randomUUID()}`,
  type: ['VerifiableCredential', 'ExampleDegreeCredential'],
  issuer,
  validFrom: '2026-01-01T00:00:00Z',
  credentialSubject: {id: 'did:example:ada', degree: {type: 'ExampleBachelorDegree', name: 'Bachelor of Science'}}
});

const issuerDID = name => home.issuers.find(i => i.name === name).did;

async function hanseIssues(name) {
  const {verifiableCredential} = await post(home, `/issuers/${name}/credentials/issue`, {credential: unsigned(issuerDID(name))}, true);
  return verifiableCredential;
}

async function hanseVerifies(verifiableCredential) {
  return post(other, '/credentials/verify', {verifiableCredential, options: {report: 'full'}});
}

async function revoke(credentialId) {
  await post(home, '/credentials/status', {
    credentialId, status: true, credentialStatus: {type: 'BitstringStatusListEntry', statusPurpose: 'revocation'}
  }, true);
}

const failures = report => report.checks.filter(c => c.outcome === 'fail').map(c => c.id).join(', ');

/** A revocation is visible everywhere about one block later: asks until hanse rejects, for ten seconds at most. */
async function hanseSeesRevocation(credential) {
  const end = Date.now() + 10_000;
  for(;;) {
    const answer = await hanseVerifies(credential);
    if(!answer.verified || Date.now() > end) {
      return rejected(answer, 'status');
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

function rejected({verified, report}, check) {
  must(!verified && report.decision === 'reject', `hanse says ${report.decision}`);
  must(!check || failures(report).includes(check), `hanse rejects it for ${failures(report)}, not ${check}`);
  return `hanse rejects it (${failures(report)})`;
}

// ---- vc+jwt: hanse and jose

/** Takes the compact JWS out of an EnvelopedVerifiableCredential. */
const compact = enveloped => enveloped.id.replace(/^data:application\/vc\+jwt,/, '');

async function joseVerifies(jws) {
  const {kid, alg} = jose.decodeProtectedHeader(jws);
  const key = await publicKeyOf(kid);
  return jose.compactVerify(jws, await jose.importJWK(key, alg), {algorithms: ['EdDSA', 'Ed25519', 'ES256', 'ES384']});
}

/** The JWK of a verification method. */
async function publicKeyOf(kid) {
  const method = await load(kid);
  if(method.publicKeyJwk) {
    return method.publicKeyJwk;
  }
  if(!method.publicKeyMultibase.startsWith('z6Mk')) {
    return EcdsaMultikey.toJwk({keyPair: await EcdsaMultikey.from(method)});
  }
  const {publicKey} = await Ed25519Multikey.from(method).then(k => k.export({publicKey: true, raw: true}));
  return {kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url')};
}

/** Changes one claim and leaves everything else, the signature too, as it was. */
function tamperJWS(jws) {
  const [header, payload, signature] = jws.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  claims.credentialSubject.degree.name = 'Doctor of Everything';
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

const envelop = jws => ({
  '@context': 'https://www.w3.org/ns/credentials/v2', type: 'EnvelopedVerifiableCredential', id: `data:application/vc+jwt,${jws}`
});

for(const name of ['vc-jwt', 'vc-jwt-es256', 'vc-jwt-es384', 'demo']) {
  const jws = compact(await hanseIssues(name));
  await check(`${name}: jose verifies what hanse issued`, async () => {
    const {payload, protectedHeader} = await joseVerifies(jws);
    must(protectedHeader.typ === 'vc+jwt', `typ is ${protectedHeader.typ}`);
    must(JSON.parse(Buffer.from(payload)).issuer === issuerDID(name), 'wrong issuer');
    return `alg ${protectedHeader.alg}, kid ${protectedHeader.kid.slice(0, 40)}…`;
  });
  await check(`${name}: jose refuses a tampered copy`, async () => {
    const error = await joseVerifies(tamperJWS(jws)).then(() => null, e => e);
    must(error?.code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', `jose says ${error}`);
    return error.code;
  });
  await check(`${name}: hanse refuses the same tampered copy`, async () => rejected(await hanseVerifies(envelop(tamperJWS(jws))), 'signature'));
}

{
  const {publicKey, privateKey} = await jose.generateKeyPair('EdDSA', {crv: 'Ed25519', extractable: true});
  const {x} = await jose.exportJWK(publicKey);
  const multibase = await Ed25519Multikey.fromJwk({jwk: {kty: 'OKP', crv: 'Ed25519', x}}).then(k => k.export({publicKey: true})).then(k => k.publicKeyMultibase);
  const did = `did:key:${multibase}`;
  const sign = payload => new jose.CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({alg: 'EdDSA', typ: 'vc+jwt', cty: 'vc', kid: `${did}#${multibase}`}).sign(privateKey);
  const jws = await sign(unsigned(did));
  await check('vc+jwt: hanse verifies what jose signed', async () => {
    const {verified, report} = await hanseVerifies(envelop(jws));
    must(verified && report.decision === 'accept', `hanse says ${report.decision}: ${failures(report)}`);
    return `accept, ${report.checks.filter(c => c.outcome === 'pass').length} checks passed`;
  });
  await check('vc+jwt: hanse refuses a tampered copy of it', async () => rejected(await hanseVerifies(envelop(tamperJWS(jws))), 'signature'));
  await check('vc+jwt: hanse refuses it under another issuer', async () => rejected(await hanseVerifies(envelop(await sign(unsigned('did:example:mill'))))));
}

// ---- vc+sd-jwt: hanse and @sd-jwt

const {createHash, randomBytes} = await import('node:crypto');
const hasher = (data, alg) => createHash(alg.replace('-', '')).update(typeof data === 'string' ? data : Buffer.from(data)).digest();
const saltGenerator = length => randomBytes(length).toString('base64url');
const sdData = 'data:application/vc+sd-jwt,';

const envelopSD = text => ({...envelop(''), id: sdData + text});

{
  const text = (await hanseIssues('vc-sd-jwt')).id.replace(sdData, '');
  const key = await jose.importJWK(await publicKeyOf(jose.decodeProtectedHeader(text.split('~')[0]).kid), 'EdDSA');
  const reader = new SDJwtInstance({hasher, hashAlg: 'sha-256', saltGenerator, verifier: async (data, signature) =>
    webcrypto.subtle.verify('Ed25519', key, Buffer.from(signature, 'base64url'), Buffer.from(data))});
  await check('vc-sd-jwt: @sd-jwt/core verifies and opens what hanse issued', async () => {
    const {payload} = await reader.verify(text);
    must(payload.credentialSubject.degree.name === 'Bachelor of Science', 'the degree is not disclosed');
    return `${text.split('~').length - 2} disclosures`;
  });
  await check('vc-sd-jwt: the holder withholds the degree with @sd-jwt/core, hanse verifies the rest', async () => {
    const shown = await reader.present(text, {});
    const answer = await post(other, '/credentials/verify', {verifiableCredential: envelopSD(shown), options: {report: 'full', returnCredential: true}});
    must(answer.verified, `hanse says ${answer.report.decision}: ${failures(answer.report)}`);
    must(!JSON.stringify(answer).includes('Bachelor'), 'the degree is still there');
    return 'accept, without the degree';
  });
  await check('vc-sd-jwt: both refuse a changed disclosure', async () => {
    const parts = text.split('~');
    const disclosure = JSON.parse(Buffer.from(parts[1], 'base64url'));
    disclosure[2] = {type: 'ExampleBachelorDegree', name: 'Doctor of Everything'};
    parts[1] = Buffer.from(JSON.stringify(disclosure)).toString('base64url');
    const changed = parts.join('~');
    const opened = await reader.verify(changed).then(r => r.payload, e => e);
    must(!JSON.stringify(opened).includes('Everything'), '@sd-jwt/core discloses it');
    return rejected(await hanseVerifies(envelopSD(changed)), 'parse');
  });
}

{
  const {publicKey, privateKey} = await jose.generateKeyPair('EdDSA', {crv: 'Ed25519', extractable: true});
  const multibase = await Ed25519Multikey.fromJwk({jwk: await jose.exportJWK(publicKey)}).then(k => k.export({publicKey: true})).then(k => k.publicKeyMultibase);
  const did = `did:key:${multibase}`;
  const writer = new SDJwtInstance({hasher, hashAlg: 'sha-256', saltGenerator, signAlg: 'EdDSA', signer: async data =>
    Buffer.from(await webcrypto.subtle.sign('Ed25519', privateKey, Buffer.from(data))).toString('base64url')});
  await check('vc+sd-jwt: hanse verifies what @sd-jwt/core issued', async () => {
    const text = await writer.issue(unsigned(did), {credentialSubject: {_sd: ['degree'], _sd_decoy: 2, degree: {_sd: ['name']}}},
      {header: {typ: 'vc+sd-jwt', cty: 'vc', kid: `${did}#${multibase}`}});
    const {verified, report} = await hanseVerifies(envelopSD(text));
    must(verified, `hanse says ${report.decision}: ${JSON.stringify(report.checks.filter(c => c.outcome === 'fail'))}`);
    return `accept, ${text.split('~').length - 2} disclosures within each other`;
  });
}

// ---- Data Integrity: hanse and Digital Bazaar's libraries, every cryptosuite

const ed25519 = {generate: () => Ed25519Multikey.generate()};
const ecdsa = curve => ({generate: () => EcdsaMultikey.generate({curve})});
const suites = [
  {issuer: 'eddsa-jcs-2022', key: ed25519, verify: () => eddsaJCS.createVerifyCryptosuite(), sign: () => eddsaJCS.createSignCryptosuite(), status: true},
  {issuer: 'eddsa-rdfc-2022', key: ed25519, verify: () => eddsaRDFC.cryptosuite, sign: () => eddsaRDFC.cryptosuite, status: true},
  {issuer: 'ecdsa-jcs-2019', key: ecdsa('P-256'), verify: () => ecdsaJCS.createVerifyCryptosuite(), sign: () => ecdsaJCS.createSignCryptosuite(), status: true},
  {issuer: 'ecdsa-jcs-2019-p384', key: ecdsa('P-384'), verify: () => ecdsaJCS.createVerifyCryptosuite(), sign: () => ecdsaJCS.createSignCryptosuite()},
  {issuer: 'ecdsa-rdfc-2019', key: ecdsa('P-256'), verify: () => ecdsaRDFC.cryptosuite, sign: () => ecdsaRDFC.cryptosuite, status: true},
  {issuer: 'ecdsa-rdfc-2019-p384', key: ecdsa('P-384'), verify: () => ecdsaRDFC.cryptosuite, sign: () => ecdsaRDFC.cryptosuite},
];

for(const {issuer, key: kind, verify, sign, status} of suites) {
  const verifySuite = () => new DataIntegrityProof({cryptosuite: verify()});
  const bazaarVerifies = (credential, options = {}) => vc.verifyCredential({credential, suite: verifySuite(), documentLoader, ...options});
  /** The list credential is verified too; its issuer must be the credential's. */
  const statusOf = ({credential}) => checkStatus({credential, documentLoader, suite: verifySuite()});
  const options = status ? {checkStatus: statusOf} : {};

  const credential = await hanseIssues(issuer);
  await check(`${issuer}: @digitalbazaar/vc verifies what hanse issued`, async () => {
    const result = await bazaarVerifies(credential, options);
    must(result.verified, JSON.stringify(result.error?.errors?.map(e => e.message) ?? result));
    if(!status) {
      return 'verified; its key can have no status list';
    }
    must(result.statusResult?.verified, 'status was not checked');
    return `verified, status checked against ${[].concat(credential.credentialStatus)[0].statusListCredential}`;
  });
  await check(`${issuer}: @digitalbazaar/vc refuses a tampered copy`, async () => {
    const copy = structuredClone(credential);
    copy.credentialSubject.degree.name = 'Doctor of Everything';
    const result = await bazaarVerifies(copy, options);
    must(!result.verified, 'a tampered copy verifies');
    must(JSON.stringify(result.error.errors.map(e => e.message)).includes('Invalid signature'), result.error.message);
    return 'Invalid signature';
  });
  if(status) {
    await check(`${issuer}: both see a revocation`, async () => {
      await revoke(credential.id);
      const seen = await hanseSeesRevocation(credential);
      // The library answers `verified` for a list that is genuine, and says per entry whether it is set.
      const {statusResult} = await bazaarVerifies(credential, options);
      const entry = statusResult.results.find(r => r.credentialStatus.statusPurpose === 'revocation');
      must(statusResult.verified && entry?.status === true, `@digitalbazaar says ${JSON.stringify(statusResult)}`);
      const suspension = statusResult.results.find(r => r.credentialStatus.statusPurpose === 'suspension');
      must(suspension?.status === false, 'the suspension entry is set too');
      return `${seen}; @digitalbazaar/vc-bitstring-status-list sees the bit`;
    });
  }

  const key = await kind.generate();
  const did = `did:key:${key.publicKeyMultibase}`;
  Object.assign(key, {controller: did, id: `${did}#${key.publicKeyMultibase}`});
  const suite = new DataIntegrityProof({signer: key.signer(), cryptosuite: sign()});
  const theirs = await vc.issue({credential: unsigned(did), suite, documentLoader});
  await check(`${issuer}: hanse verifies what @digitalbazaar/vc issued`, async () => {
    const {verified, report} = await hanseVerifies(theirs);
    must(verified && report.decision === 'accept', `hanse says ${report.decision}: ${failures(report)}`);
    return `accept, ${report.checks.filter(c => c.outcome === 'pass').length} checks passed`;
  });
  await check(`${issuer}: hanse refuses a tampered copy of it`, async () =>
    rejected(await hanseVerifies({...theirs, validFrom: '2025-01-01T00:00:00Z'}), 'signature'));
}

await check('vc+jwt: both see a revocation', async () => {
  const enveloped = await hanseIssues('vc-jwt');
  const credential = jose.decodeJwt(compact(enveloped));
  await revoke(credential.id);
  const seen = await hanseSeesRevocation(enveloped);
  const entry = [].concat(credential.credentialStatus).find(s => s.statusPurpose === 'revocation');
  const token = await (await fetch(entry.statusListCredential, {headers: {accept: 'application/vc+jwt'}})).text();
  const {payload} = await joseVerifies(token);
  const {credentialSubject} = JSON.parse(Buffer.from(payload));
  const bits = (await import('node:zlib')).gunzipSync(Buffer.from(credentialSubject.encodedList.slice(1), 'base64url'));
  const index = Number(entry.statusListIndex);
  must(bits[index >> 3] >> (7 - index % 8) & 1, 'the bit is not set in the published list');
  return `${seen}; the list that jose verified has bit ${index} set`;
});

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
