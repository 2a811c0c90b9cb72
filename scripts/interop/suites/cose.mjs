// vc+cose: hanse and a COSE_Sign1 (RFC 9052) made of Node's cryptography and cborg, both ways.
import {decode, encode} from 'cborg';
import {accepted, issue, issuerDID, rejected, seesRevocation, setStatus, unsigned, verify} from '../hanse.mjs';
import {load} from '../documents.mjs';
import {jwkOf, newKey, verifyRaw} from '../keys.mjs';
import {enveloped, opened, promote} from '../jws.mjs';
import {check, must, refusal} from '../report.mjs';

const mediaType = 'application/vc+cose;base64';
const envelop = message => enveloped(mediaType, message.toString('base64'));
const label = {alg: 1, contentType: 3, kid: 4, typ: 16};
const algorithm = {EdDSA: -8, ES256: -7, ES384: -35, ES256K: -47};
const tag = Buffer.from([0xd2]); // tag 18, COSE_Sign1

const bytes = value => Buffer.from(encode(value));
const write = parts => Buffer.concat([tag, bytes(parts)]);

function read(message) {
  must(message[0] === tag[0], 'no tag of a COSE_Sign1');
  return decode(message.subarray(1), {useMaps: true});
}

const toBeSigned = (header, payload) => bytes(['Signature1', header, new Uint8Array(), payload]);

/** A COSE_Sign1 over a payload, tagged; extra protected parameters replace or are added to the usual ones. */
export function signed(key, typ, payload, extra = []) {
  const header = bytes(new Map([
    [label.alg, algorithm[key.alg]], [label.typ, typ], [label.contentType, typ.replace('+cose', '')], [label.kid, Buffer.from(key.kid)], ...extra
  ]));
  const body = Buffer.from(JSON.stringify(payload));
  return write([header, new Map(), body, key.sign(toBeSigned(header, body))]);
}

/** Verifies with the key that the protected header names; returns header and credential. */
export async function verified(message) {
  const [header, , payload, signature] = read(message);
  const parameters = decode(header, {useMaps: true});
  const jwk = await jwkOf(await load(Buffer.from(parameters.get(label.kid)).toString()));
  must(verifyRaw(jwk, toBeSigned(header, payload), signature), 'signature verification failed');
  return {parameters, credential: JSON.parse(Buffer.from(payload))};
}

/** Lets change alter the payload and leaves everything else, the signature too, as it was. */
function tampered(message, change) {
  const [header, , payload, signature] = read(message);
  const credential = JSON.parse(Buffer.from(payload));
  change(credential);
  return write([header, new Map(), Buffer.from(JSON.stringify(credential)), signature]);
}

export async function run() {
  await theyVerify('vc-cose');
  for(const alg of Object.keys(algorithm)) {
    await weVerify(alg);
  }
}

async function theyVerify(name) {
  const envelope = await issue(name);
  const message = Buffer.from(opened(envelope, mediaType), 'base64');
  await check(`${name}: node:crypto and cborg verify what hanse issued`, async () => {
    const {parameters, credential} = await verified(message);
    must(credential.issuer === issuerDID(name), `issuer ${credential.issuer}`);
    must(parameters.get(label.typ) === 'application/vc+cose' && parameters.get(label.contentType) === 'application/vc',
      `typ ${parameters.get(label.typ)}, content type ${parameters.get(label.contentType)}`);
    return `alg ${parameters.get(label.alg)}, ${message.length} bytes`;
  });
  await check(`${name}: both refuse a tampered copy`, async () => {
    const copy = tampered(message, promote);
    const e = await refusal(verified(copy), 'it verifies');
    return `${e.message}; ${rejected(await verify(envelop(copy)), 'signature')}`;
  });
  await check(`${name}: a revocation is seen`, async () => {
    await setStatus((await verified(message)).credential.id, 'revocation');
    return seesRevocation(envelope);
  });
}

async function weVerify(alg) {
  const key = await newKey(alg);
  const type = 'application/vc+cose';
  const message = signed(key, type, unsigned(key.did));
  await check(`vc+cose, ${alg}: hanse verifies what they signed`, async () => accepted(await verify(envelop(message))));
  await check(`vc+cose, ${alg}: hanse refuses a tampered copy of it`, async () => rejected(await verify(envelop(tampered(message, promote))), 'signature'));
  const wrong = {
    'of the type of a presentation': [signed(key, 'application/vp+cose', unsigned(key.did)), 'parse'],
    'of an issuer that is not its key\'s': [signed(key, type, unsigned('did:example:mill')), 'issuer'],
    'with a critical parameter that nobody knows': [signed(key, type, unsigned(key.did), [[2, [-70000]], [-70000, 1]]), 'parse'],
    'of an algorithm that is no signature': [signed(key, type, unsigned(key.did), [[label.alg, 5]]), 'algorithm'],
    'with a byte after its end': [Buffer.concat([message, Buffer.from([0])]), 'parse'],
  };
  for(const [what, [bytes, expected]] of Object.entries(wrong)) {
    await check(`vc+cose, ${alg}: hanse refuses one ${what}`, async () => rejected(await verify(envelop(bytes)), expected));
  }
}
