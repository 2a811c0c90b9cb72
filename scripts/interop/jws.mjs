// Compact JWSs and the data: URLs that carry them.
import * as jose from 'jose';
import {load} from './documents.mjs';
import {algorithmOfKey, jwkOf, verifyRaw} from './keys.mjs';
import {must} from './report.mjs';

export const json = value => Buffer.from(JSON.stringify(value)).toString('base64url');
export const parsed = text => JSON.parse(Buffer.from(text, 'base64url'));

/** An EnvelopedVerifiableCredential (or, with another type, presentation) of a media type. */
export const enveloped = (mediaType, text, type = 'EnvelopedVerifiableCredential') => ({
  '@context': 'https://www.w3.org/ns/credentials/v2', type, id: `data:${mediaType},${text}`
});

/** What an enveloped credential carries; the media type must be the expected one. */
export function opened(envelope, mediaType) {
  const prefix = `data:${mediaType},`;
  must(envelope.id?.startsWith(prefix), `it is ${String(envelope.id).slice(0, 60)}…, not ${prefix}`);
  return envelope.id.slice(prefix.length);
}

/** Signs a payload with a key of keys.mjs. */
export function signed(key, typ, payload, header = {}) {
  const input = `${json({alg: key.alg, typ, kid: key.kid, ...header})}.${json(payload)}`;
  return `${input}.${key.sign(input).toString('base64url')}`;
}

/** The key that the header of a JWS names. */
export const keyOf = async jws => jwkOf(await load(jose.decodeProtectedHeader(jws).kid));

/**
 * Verifies a JWS with the key that its header names: with jose, or where jose has no such algorithm (ES256K) with Node's
 * own cryptography. Returns header and payload, and who verified it.
 */
export async function verified(jws) {
  const jwk = await keyOf(jws);
  const {alg} = jose.decodeProtectedHeader(jws);
  if(alg === 'ES256K') {
    const [header, payload, signature] = jws.split('.');
    must(verifyRaw(jwk, `${header}.${payload}`, Buffer.from(signature, 'base64url')), 'signature verification failed');
    return {protectedHeader: parsed(header), claims: parsed(payload), by: 'node:crypto'};
  }
  const {payload, protectedHeader} = await jose.compactVerify(jws, await jose.importJWK(jwk, algorithmOfKey(jwk)), {algorithms: ['EdDSA', 'Ed25519', 'ES256', 'ES384']});
  return {protectedHeader, claims: JSON.parse(Buffer.from(payload)), by: 'jose'};
}

/** Lets change alter the payload and leaves everything else, the signature too, as it was. */
export function tampered(jws, change) {
  const [header, payload, signature] = jws.split('.');
  const claims = parsed(payload);
  change(claims);
  return [header, json(claims), signature].join('.');
}

/** A forger who has the degree of a credential changed. */
export function promote(credential) {
  const subject = [].concat(credential.credentialSubject)[0];
  subject.degree = {...subject.degree, name: 'Doctor of Everything'};
}
