// Keys and their DIDs, made without hanse: Node's own cryptography and the multikey libraries.
import {createHash, createPrivateKey, createPublicKey, ECDH, generateKeyPairSync, randomBytes, sign, verify} from 'node:crypto';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {driver} from '@digitalbazaar/did-method-key';

/** What each JOSE algorithm is made of: Node's name of the curve and of the hash. */
const algorithms = {
  EdDSA: {generate: () => generateKeyPairSync('ed25519'), hash: null},
  ES256: {generate: () => generateKeyPairSync('ec', {namedCurve: 'P-256'}), hash: 'sha256'},
  ES384: {generate: () => generateKeyPairSync('ec', {namedCurve: 'P-384'}), hash: 'sha384'},
  ES256K: {generate: () => generateKeyPairSync('ec', {namedCurve: 'secp256k1'}), hash: 'sha256'},
};
const algorithmOf = {Ed25519: 'EdDSA', 'P-256': 'ES256', 'P-384': 'ES384', secp256k1: 'ES256K'};

/** The did:key library: Ed25519, P-256 and P-384. */
export const didKeyDriver = driver();
didKeyDriver.use({multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from});
didKeyDriver.use({multibaseMultikeyHeader: 'zDna', fromMultibase: EcdsaMultikey.from});
didKeyDriver.use({multibaseMultikeyHeader: 'z82L', fromMultibase: EcdsaMultikey.from});

/**
 * A new key pair with its DID: a did:key, for ES256K a did:jwk. `pair` is the multikey library's, for Data Integrity; sign
 * returns the raw signature (r ‖ s for ECDSA).
 */
export async function newKey(alg) {
  const {publicKey, privateKey} = algorithms[alg].generate();
  const jwk = publicKey.export({format: 'jwk'});
  const key = {alg, jwk, privateKey, publicKey, sign: data => signRaw(alg, privateKey, data)};
  if(alg === 'ES256K') {
    key.did = `did:jwk:${Buffer.from(JSON.stringify(jwk)).toString('base64url')}`;
    return {...key, kid: `${key.did}#0`};
  }
  const library = alg === 'EdDSA' ? Ed25519Multikey : EcdsaMultikey;
  const pair = await library.fromJwk({jwk: privateKey.export({format: 'jwk'}), secretKey: true});
  const {publicKeyMultibase} = await pair.export({publicKey: true});
  const did = `did:key:${publicKeyMultibase}`;
  const kid = `${did}#${publicKeyMultibase}`;
  Object.assign(pair, {id: kid, controller: did});
  return {...key, did, kid, pair};
}

export function signRaw(alg, privateKey, data) {
  return sign(algorithms[alg].hash, Buffer.from(data), {key: privateKey, dsaEncoding: 'ieee-p1363'});
}

/** Verifies a raw signature with a JWK; the algorithm is the key's. */
export function verifyRaw(jwk, data, signature) {
  const key = createPublicKey({key: jwk, format: 'jwk'});
  return verify(algorithms[algorithmOf[jwk.crv]].hash, Buffer.from(data), {key, dsaEncoding: 'ieee-p1363'}, Buffer.from(signature));
}

export const privateKeyOf = jwk => createPrivateKey({key: jwk, format: 'jwk'});

/** The JOSE algorithm that a JWK is for. */
export const algorithmOfKey = jwk => algorithmOf[jwk.crv];

/** The JWK of a verification method, whatever it is written in. */
export async function jwkOf(method) {
  if(method.publicKeyJwk) {
    return method.publicKeyJwk;
  }
  const raw = multikeyBytes(method);
  if(raw.curve === 'Ed25519') {
    return {kty: 'OKP', crv: 'Ed25519', x: raw.bytes.toString('base64url')};
  }
  const point = Buffer.from(ECDH.convertKey(raw.bytes, raw.openssl, undefined, undefined, 'uncompressed'));
  const half = (point.length - 1) / 2;
  return {
    kty: 'EC', crv: raw.curve,
    x: point.subarray(1, 1 + half).toString('base64url'), y: point.subarray(1 + half).toString('base64url')
  };
}

const multicodecs = {
  ed01: {curve: 'Ed25519'}, '8024': {curve: 'P-256', openssl: 'prime256v1'},
  '8124': {curve: 'P-384', openssl: 'secp384r1'}, e701: {curve: 'secp256k1', openssl: 'secp256k1'},
};

/** The bytes of a Multikey, or of one of the older types that a did:key library still writes. */
function multikeyBytes({type, publicKeyMultibase, publicKeyBase58}) {
  if(publicKeyBase58) {
    const curve = type.startsWith('Ed25519') ? {curve: 'Ed25519'} : {curve: 'secp256k1', openssl: 'secp256k1'};
    return {...curve, bytes: base58(publicKeyBase58)};
  }
  const bytes = base58(publicKeyMultibase.slice(1));
  return {...multicodecs[bytes.subarray(0, 2).toString('hex')], bytes: bytes.subarray(2)};
}

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function base58(text) {
  let n = 0n;
  for(const c of text) {
    n = n * 58n + BigInt(alphabet.indexOf(c));
  }
  const hex = n.toString(16);
  const zeros = text.match(/^1*/)[0].length;
  return Buffer.concat([Buffer.alloc(zeros), Buffer.from(hex.padStart(hex.length + hex.length % 2, '0'), 'hex')]);
}

/** What the SD-JWT library asks for. */
export const hasher = (data, alg) => createHash(alg.replace('-', '')).update(typeof data === 'string' ? data : Buffer.from(data)).digest();
export const saltGenerator = length => randomBytes(length).toString('base64url');

/** A signer of the SD-JWT library. */
export const sdSigner = key => async data => key.sign(data).toString('base64url');

/** A verifier of the SD-JWT library, with a JWK. */
export const sdVerifier = jwk => async (data, signature) => verifyRaw(jwk, data, Buffer.from(signature, 'base64url'));
