// vc+jwt: hanse and jose (ES256K, which jose does not have: Node's cryptography), both ways.
import {createHmac} from 'node:crypto';
import {accepted, issue, issuerDID, rejected, seesRevocation, setStatus, unsigned, verify} from '../hanse.mjs';
import {newKey} from '../keys.mjs';
import {enveloped, opened, promote, signed, tampered, verified} from '../jws.mjs';
import {check, must, refusal} from '../report.mjs';
import {bitOf} from './bitstring.mjs';

const form = 'vc+jwt', mediaType = 'application/vc+jwt';
const envelop = jws => enveloped(mediaType, jws);

export async function run() {
  for(const name of ['vc-jwt', 'vc-jwt-es256', 'vc-jwt-es384', 'vc-jwt-es256k', 'demo']) {
    await theyVerify(name);
  }
  for(const alg of ['EdDSA', 'ES256', 'ES384', 'ES256K']) {
    await weVerify(alg);
  }
  await confusions();
  await revoked('vc-jwt');
}

/** hanse issues; they verify, and refuse a changed copy. */
async function theyVerify(name) {
  const jws = opened(await issue(name), mediaType);
  await check(`${name}: they verify what hanse issued`, async () => {
    const {protectedHeader, claims, by} = await verified(jws);
    must(protectedHeader.typ === form, `typ is ${protectedHeader.typ}`);
    must(claims.issuer === issuerDID(name), 'wrong issuer');
    return `${by}: alg ${protectedHeader.alg}, kid ${protectedHeader.kid.slice(0, 40)}…`;
  });
  await check(`${name}: they refuse a tampered copy`, async () => {
    const e = await refusal(verified(tampered(jws, promote)), 'it verifies');
    must(/signature verification failed/.test(e.message), `they say ${e.message}`);
    return e.code ?? e.message;
  });
  await check(`${name}: hanse refuses the same tampered copy`, async () => rejected(await verify(envelop(tampered(jws, promote))), 'signature'));
}

/** They sign; hanse verifies, and refuses a changed copy. */
async function weVerify(alg) {
  const key = await newKey(alg);
  const jws = signed(key, form, unsigned(key.did), {cty: 'vc'});
  await check(`${form}, ${alg}: hanse verifies what they signed`, async () => {
    must((await verified(jws)).claims.issuer === key.did, 'they do not verify it themselves');
    return accepted(await verify(envelop(jws)));
  });
  await check(`${form}, ${alg}: hanse refuses a tampered copy of it`, async () => rejected(await verify(envelop(tampered(jws, promote))), 'signature'));
  await check(`${form}, ${alg}: hanse refuses one without its signature`, async () =>
    rejected(await verify(envelop(jws.replace(/[^.]+$/, '')))));
}

/** What is genuine as something else is no vc+jwt. */
async function confusions() {
  const [key, other] = [await newKey('ES256'), await newKey('ES256')];
  const vc = unsigned(key.did);
  const wrong = {
    'issued by another DID than the key\'s': ['issuer', signed(key, form, unsigned('did:example:mill'))],
    'with the kid of another issuer': ['issuer', signed(key, form, vc, {kid: other.kid})],
    'of the type of a presentation': ['parse', signed(key, 'vp+jwt', vc)],
    'of the type of a key binding': ['parse', signed(key, 'kb+jwt', vc)],
    'of the type of a status list': ['parse', signed(key, 'statuslist+jwt', vc)],
    'with its credential in a claim vc': ['dataModel', signed(key, form, {iss: key.did, vc})],
    'with a claim vc beside it': ['dataModel', signed(key, form, {...vc, vc})],
    'of alg none': ['parse', signed({...key, alg: 'none', sign: () => Buffer.alloc(0)}, form, vc)],
    'of an alg that is not its key\'s': ['signature', signed({...key, alg: 'ES384'}, form, vc)],
    'signed with its public key as a secret': ['algorithm', signed({...key, alg: 'HS256', sign: input =>
      createHmac('sha256', JSON.stringify(key.jwk)).update(input).digest()}, form, vc)],
    'with a critical extension that nobody knows': ['parse', signed(key, form, vc, {crit: ['exp'], exp: 1})],
    'without a kid': ['issuer', signed(key, form, vc, {kid: undefined})],
    'with an iss that is not its issuer': ['consistency', signed(key, form, {...vc, iss: other.did})],
    'that ended': ['validity', signed(key, form, {...vc, exp: 1_700_000_000})],
    'that is not valid yet': ['validity', signed(key, form, {...vc, nbf: 4_000_000_000})],
  };
  for(const [what, [expected, jws]] of Object.entries(wrong)) {
    await check(`${form}: hanse refuses one ${what}`, async () => rejected(await verify(envelop(jws)), expected));
  }
}

async function revoked(name) {
  await check(`${name}: both see a revocation`, async () => {
    const envelope = await issue(name);
    const {claims} = await verified(opened(envelope, mediaType));
    await setStatus(claims.id, 'revocation');
    const seen = await seesRevocation(envelope);
    const entry = [].concat(claims.credentialStatus).find(s => s.statusPurpose === 'revocation');
    const token = await (await fetch(entry.statusListCredential, {headers: {accept: mediaType}})).text();
    const list = await verified(token);
    must(bitOf(list.claims.credentialSubject.encodedList, Number(entry.statusListIndex)) === 1, 'the bit is not set in the published list');
    return `${seen}; the list that ${list.by} verified has bit ${entry.statusListIndex} set`;
  });
}
