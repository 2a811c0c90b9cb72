// vc+sd-jwt: hanse and @sd-jwt/core, both ways.
import {SDJwtInstance} from '@sd-jwt/core';
import {accepted, issue, issuerDID, other, post, rejected, seesRevocation, setStatus, unsigned, verify} from '../hanse.mjs';
import {hasher, newKey, saltGenerator, sdSigner, sdVerifier} from '../keys.mjs';
import {enveloped, json, keyOf, opened, parsed} from '../jws.mjs';
import {check, must, refusal} from '../report.mjs';

const mediaType = 'application/vc+sd-jwt';
const envelop = text => enveloped(mediaType, text);

export async function run() {
  await theyVerify('vc-sd-jwt');
  for(const alg of ['EdDSA', 'ES256', 'ES384', 'ES256K']) {
    await weVerify(alg);
  }
}

const reader = jwk => new SDJwtInstance({hasher, hashAlg: 'sha-256', saltGenerator, verifier: sdVerifier(jwk)});

const writer = (key, more = {}) => new SDJwtInstance({hasher, hashAlg: 'sha-256', saltGenerator, signAlg: key.alg, signer: sdSigner(key), ...more});

/** Changes what one disclosure says and leaves everything else as it was. */
export function misdisclosed(text, value) {
  const parts = text.split('~');
  const disclosure = parsed(parts[1]);
  disclosure[disclosure.length - 1] = value;
  parts[1] = json(disclosure);
  return parts.join('~');
}

const doctor = {type: 'ExampleBachelorDegree', name: 'Doctor of Everything'};

async function theyVerify(name) {
  const envelope = await issue(name);
  const text = opened(envelope, mediaType);
  const theirs = reader(await keyOf(text.split('~')[0]));
  await check(`${name}: @sd-jwt/core verifies and opens what hanse issued`, async () => {
    const {payload, header} = await theirs.verify(text);
    must(header.typ === 'vc+sd-jwt' && payload.issuer === issuerDID(name), `typ ${header.typ}, issuer ${payload.issuer}`);
    must(payload.credentialSubject.degree.name === 'Bachelor of Science', 'the degree is not disclosed');
    return `alg ${header.alg}, ${text.split('~').length - 2} disclosures`;
  });
  await check(`${name}: the holder withholds the degree with @sd-jwt/core, hanse verifies the rest`, async () => {
    const shown = await theirs.present(text, {});
    must(shown.split('~').length === 2, 'disclosures are still there');
    return `${accepted(await verify(envelop(shown)))}, without the degree`;
  });
  await check(`${name}: hanse derives for the holder, both verify what is shown`, async () => {
    const {verifiableCredential} = await post(other, '/credentials/derive', {verifiableCredential: envelope, options: {selectivePointers: []}});
    const none = opened(verifiableCredential, mediaType);
    const {payload} = await theirs.verify(none);
    must(!payload.credentialSubject.degree, 'the degree is still there');
    const all = await post(other, '/credentials/derive', {verifiableCredential: envelope, options: {selectivePointers: ['/credentialSubject/degree']}});
    const shown = await theirs.verify(opened(all.verifiableCredential, mediaType));
    must(shown.payload.credentialSubject.degree.name === 'Bachelor of Science', 'the degree is not shown');
    return `${accepted(await verify(verifiableCredential))} without it, ${accepted(await verify(all.verifiableCredential))} with it`;
  });
  await check(`${name}: both refuse a changed disclosure`, async () => {
    const changed = misdisclosed(text, doctor);
    const seen = await theirs.verify(changed).then(r => r.payload, e => e);
    must(!JSON.stringify(seen).includes('Everything'), '@sd-jwt/core discloses it');
    return rejected(await verify(envelop(changed)), 'parse');
  });
  await check(`${name}: both refuse a changed payload`, async () => {
    const [jws, ...rest] = text.split('~');
    const [header, payload, signature] = jws.split('.');
    const changed = [[header, json({...parsed(payload), validFrom: '2025-01-01T00:00:00Z'}), signature].join('.'), ...rest].join('~');
    const e = await refusal(theirs.verify(changed), '@sd-jwt/core verifies it');
    return `@sd-jwt/core: ${e.message}; ${rejected(await verify(envelop(changed)), 'signature')}`;
  });
  await check(`${name}: a revocation is seen, whatever is withheld`, async () => {
    const {id} = (await theirs.verify(text)).payload;
    await setStatus(id, 'revocation');
    return seesRevocation(envelop(await theirs.present(text, {})));
  });
}

async function weVerify(alg) {
  const key = await newKey(alg);
  const credential = unsigned(key.did);
  credential.credentialSubject.alumniOf = ['A', 'B', 'C'].map(n => ({id: `https://${n}.example`, name: `University ${n}`}));
  const header = {typ: 'vc+sd-jwt', cty: 'vc', kid: key.kid};
  const frame = {credentialSubject: {_sd: ['degree'], _sd_decoy: 2, degree: {_sd: ['name']}, alumniOf: {_sd: [0, 2], _sd_decoy: 1}}};
  const text = await writer(key).issue(credential, frame, {header});
  await check(`vc+sd-jwt, ${alg}: hanse verifies what @sd-jwt/core issued, nested and array disclosures with decoys`, async () => {
    return `${accepted(await verify(envelop(text)))}, ${text.split('~').length - 2} disclosures`;
  });
  await check(`vc+sd-jwt, ${alg}: their holder shows one of them, hanse verifies that`, async () => {
    const shown = await reader(key.jwk).present(text, {credentialSubject: {alumniOf: {2: true}}});
    const names = shown.split('~').slice(1, -1).map(d => parsed(d)[1].name);
    must(names.join() === 'University C', `@sd-jwt/core shows ${names}`);
    return `${accepted(await verify(envelop(shown)))}, ${names} only`;
  });
  await check(`vc+sd-jwt, ${alg}: hanse refuses a changed disclosure of it`, async () => rejected(await verify(envelop(misdisclosed(text, 'X'))), 'parse'));
  await check(`vc+sd-jwt, ${alg}: hanse refuses one with a disclosure that nothing names`, async () =>
    rejected(await verify(envelop(`${text}${json(['c2FsdHNhbHRzYWx0c2FsdA', 'role', 'admin'])}~`)), 'parse'));
  await check(`vc+sd-jwt, ${alg}: hanse refuses one with a disclosure twice`, async () =>
    rejected(await verify(envelop(`${text}${text.split('~')[1]}~`)), 'parse'));
  await check(`vc+sd-jwt, ${alg}: hanse refuses one without its last tilde`, async () => rejected(await verify(envelop(text.slice(0, -1)))));
}
