// DID documents: hanse's resolver against did-resolver with key-did-resolver and web-did-resolver, and Digital Bazaar's driver.
import {Resolver} from 'did-resolver';
import * as KeyResolver from 'key-did-resolver';
import * as WebResolver from 'web-did-resolver';
import * as jose from 'jose';
import {accepted, call, dev, home, issue, other, rejected, verify} from '../hanse.mjs';
import {enveloped, opened, promote, tampered} from '../jws.mjs';
import {resolve} from '../documents.mjs';
import {didKeyDriver, jwkOf, newKey} from '../keys.mjs';
import {check, must, refusal} from '../report.mjs';

const theirs = new Resolver({...KeyResolver.getResolver(), ...WebResolver.getResolver()});

const relationships = ['authentication', 'assertionMethod', 'capabilityInvocation', 'capabilityDelegation'];

export async function run() {
  const made = await Promise.all(['EdDSA', 'ES256', 'ES384'].map(newKey));
  const names = new Map([
    ...home.issuers.filter(i => i.did.startsWith('did:key:')).map(i => [i.did, i.name]),
    ...made.map(k => [k.did, `a new ${k.alg} key`])
  ]);
  for(const [did, name] of names) {
    await check(`did:key of ${name}: hanse's document says what key-did-resolver's says`, () => sameDocument(did));
  }
  for(const {did, alg} of made) {
    await check(`did:key, ${alg}: hanse's document says what @digitalbazaar/did-method-key's says`, () => sameMultikey(did));
  }
  await badKeys();
  await webDocuments();
}

/** Key by key and relationship by relationship; the serialization of keys differs, so they are compared as JWKs. */
async function sameDocument(did) {
  const ours = await resolve(did);
  const {didDocument, didResolutionMetadata} = await theirs.resolve(did);
  must(didDocument, `key-did-resolver: ${didResolutionMetadata.error} ${didResolutionMetadata.message}`);
  must(ours.id === didDocument.id, `id is ${ours.id}`);
  const [a, b] = [ours.verificationMethod[0], didDocument.verificationMethod[0]];
  must(a.id === b.id && a.controller === b.controller, `method ${a.id} of ${a.controller}, theirs ${b.id} of ${b.controller}`);
  const [key, expected] = [normal(await jwkOf(a)), normal(await jwkOf(b))];
  must(key === expected, `key ${key}, theirs ${expected}`);
  for(const name of relationships) {
    must(JSON.stringify(ours[name]) === JSON.stringify(didDocument[name]), `${name}: ${ours[name]}, theirs ${didDocument[name]}`);
  }
  return `same id, key (${JSON.parse(key).crv}) and ${relationships.length} relationships`;
}

/** A JWK as text: curve and coordinates. Some write coordinates without leading zeros. */
function normal({crv, x, y}) {
  const coordinate = text => text && Buffer.from(text, 'base64url').toString('hex').replace(/^(00)+/, '');
  return JSON.stringify({crv, x: coordinate(x), y: coordinate(y)});
}

async function sameMultikey(did) {
  const ours = await resolve(did);
  const document = await didKeyDriver.get({did});
  const [a, b] = [ours.verificationMethod[0], document.verificationMethod[0]];
  for(const member of ['id', 'type', 'controller', 'publicKeyMultibase']) {
    must(a[member] === b[member], `${member} is ${a[member]}, theirs ${b[member]}`);
  }
  for(const name of relationships) {
    must(JSON.stringify(ours[name]) === JSON.stringify(document[name]), `${name}: ${ours[name]}, theirs ${document[name]}`);
  }
  return `same ${a.type} ${a.publicKeyMultibase.slice(0, 12)}… in ${relationships.length} relationships`;
}

async function badKeys() {
  const {did} = await newKey('ES256');
  const bad = {
    'one character more': `${did}1`, 'one character less': did.slice(0, -1), 'no multibase prefix': did.replace('did:key:z', 'did:key:'),
    'nothing': 'did:key:',
  };
  for(const [what, did] of Object.entries(bad)) {
    await check(`did:key with ${what}: neither resolves it`, async () => {
      const {status, body} = await call(other, 'GET', `/1.0/identifiers/${did}`);
      must(status === 400 && body.didDocument === null, `hanse answers ${status}`);
      const document = await didKeyDriver.get({did}).then(d => d, () => null);
      must(!document, '@digitalbazaar/did-method-key resolves it');
      return body.didResolutionMetadata.error.type;
    });
  }
}

/** What an issuer signs with its did:web is verified with the key that web-did-resolver finds. */
async function webIssuer(name, did) {
  const envelope = await issue(name);
  const jws = opened(envelope, 'application/vc+jwt');
  const theirKey = async () => {
    const {didDocument} = await theirs.resolve(did);
    const {kid, alg} = jose.decodeProtectedHeader(jws);
    const method = didDocument.verificationMethod.find(m => m.id === kid);
    must(method && didDocument.assertionMethod.includes(kid), `${kid} is not listed`);
    return jose.importJWK(method.publicKeyJwk, alg);
  };
  await check(`${did}: jose with web-did-resolver verifies what it issued, hanse at another center too`, async () => {
    const {protectedHeader} = await jose.compactVerify(jws, await theirKey());
    return `kid ${protectedHeader.kid}; ${accepted(await verify(envelope))}`;
  });
  await check(`${did}: both refuse a tampered copy`, async () => {
    const copy = tampered(jws, promote);
    const e = await refusal(jose.compactVerify(copy, await theirKey()), 'jose verifies it');
    return `${e.code}; ${rejected(await verify(enveloped('application/vc+jwt', copy)), 'signature')}`;
  });
}

/** did:web documents exist only where the league serves https (dev --tls). */
async function webDocuments() {
  if(!home.api.startsWith('https:')) {
    console.log('      did:web: this league serves http, so it has no did:web; run hanse dev --tls');
    return;
  }
  const issuers = home.issuers.filter(i => i.did.startsWith('did:web:'));
  const host = `did:web:${encodeURIComponent(new URL(home.api).host)}`;
  await check('did:web: the league has a did:web issuer', async () => {
    must(issuers.length > 0, `${home.name} has none`);
    return issuers.map(i => i.did).join(', ');
  });
  for(const did of [host, ...issuers.map(i => i.did)]) {
    await check(`${did}: web-did-resolver fetches the document that hanse resolves at another center`, async () => {
      const {didDocument, didResolutionMetadata} = await theirs.resolve(did);
      must(!didResolutionMetadata.error, `web-did-resolver: ${didResolutionMetadata.message}`);
      const ours = await resolve(did);
      must(JSON.stringify(ours) === JSON.stringify(didDocument), `hanse resolves ${JSON.stringify(ours)}, they ${JSON.stringify(didDocument)}`);
      must(didDocument.id === did && didDocument.verificationMethod?.length > 0, 'the document has no key');
      return `${didDocument.verificationMethod.length} methods, assertionMethod ${JSON.stringify(didDocument.assertionMethod).slice(0, 90)}`;
    });
  }
  for(const {name, did} of issuers) {
    await webIssuer(name, did);
  }
  await check('did:web of an issuer that does not exist: neither resolves it', async () => {
    const {status, body} = await call(other, 'GET', `/1.0/identifiers/${host}:issuers:nobody`);
    const {didDocument} = await theirs.resolve(`${host}:issuers:nobody`);
    must(status === 404 && !body.didDocument && !didDocument, `hanse answers ${status}, they ${JSON.stringify(didDocument)}`);
    return body.didResolutionMetadata.error.type;
  });
  await check('the center says in its did:web document which did:hanse it is', async () => {
    const {didDocument} = await theirs.resolve(host);
    must(didDocument.alsoKnownAs?.includes(dev.centers[0].did), `alsoKnownAs is ${JSON.stringify(didDocument.alsoKnownAs)}`);
    return dev.centers[0].did;
  });
}
