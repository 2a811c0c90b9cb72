// What the other libraries ask for: contexts from disk, DID documents, status lists. Nothing else is fetched.
import {readFileSync} from 'node:fs';
import {parse} from 'did-resolver';
import * as KeyResolver from 'key-did-resolver';
import {home, other} from './hanse.mjs';
import {didKeyDriver} from './keys.mjs';
import {must} from './report.mjs';

const contexts = new Map(Object.entries({
  'https://www.w3.org/2018/credentials/v1': 'credentials-v1.jsonld',
  'https://www.w3.org/ns/credentials/v2': 'credentials-v2.jsonld',
  'https://www.w3.org/ns/credentials/examples/v2': 'credentials-examples-v2.jsonld',
  'https://w3id.org/security/data-integrity/v2': 'data-integrity-v2.jsonld',
  'https://w3id.org/security/multikey/v1': 'multikey-v1.jsonld',
  'https://www.w3.org/ns/did/v1': 'did-v1.jsonld',
}).map(([url, file]) => [url, JSON.parse(readFileSync(new URL(`../../credentials/contexts/${file}`, import.meta.url), 'utf8'))]));

const secp256k1 = KeyResolver.getResolver();

/** The document loader of the JSON-LD libraries: contexts, did:key by their own driver, did:hanse and did:web by hanse. */
export async function documentLoader(url) {
  const document = contexts.get(url) ?? await load(url);
  return {contextUrl: null, documentUrl: url, document};
}

/** A DID document, one of its verification methods, or a status list of the home center. */
export async function load(url) {
  if(url.startsWith('did:key:zQ3s')) { // secp256k1: the driver does not have it
    const [did] = url.split('#');
    const {didDocument} = await secp256k1.key(did, parse(did), null, {});
    return didDocument.verificationMethod[0];
  }
  if(url.startsWith('did:key:')) {
    return didKeyDriver.get({url});
  }
  if(url.startsWith('did:')) {
    const [did, fragment] = url.split('#');
    const document = await resolve(did);
    return fragment ? {'@context': 'https://w3id.org/security/multikey/v1', ...document.verificationMethod.find(m => m.id === url)} : document;
  }
  must(url.startsWith(home.api), `nothing else is fetched: ${url}`);
  return (await fetch(url, {headers: {accept: 'application/vc'}})).json();
}

/** Resolves a DID at a center that is not its home. */
export async function resolve(did, accept = 'application/did') {
  const response = await fetch(`${other.api}/1.0/identifiers/${did}`, {headers: {accept}});
  must(response.ok, `${did} does not resolve: ${response.status}`);
  return response.json();
}
