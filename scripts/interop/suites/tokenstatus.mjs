// Token Status List: hanse's lists as @sd-jwt/jwt-status-list, @sd-jwt/sd-jwt-vc and jose read them, revoked and not.
import {inflateSync} from 'node:zlib';
import {decode} from 'cborg';
import {getListFromStatusListJWT, getStatusListFromJWT} from '@sd-jwt/jwt-status-list';
import {accepted, call, eventually, home, issue, issuerDID, rejected, setStatus, verify} from '../hanse.mjs';
import {jwkOf, verifyRaw} from '../keys.mjs';
import {keyOf, opened, verified} from '../jws.mjs';
import {load} from '../documents.mjs';
import {check, must, refusal} from '../report.mjs';
import * as jose from 'jose';
import {bitOf, secondPassed} from './bitstring.mjs';
import {issued, reader} from './sdjwtvc.mjs';

const valid = 0, invalid = 1, suspended = 2;

/** A list of hanse's as a token: fetched as any verifier would, and verified with jose. */
async function tokenOf(uri, query = '') {
  const {status, body, headers} = await call(home, 'GET', new URL(uri).pathname + query, {headers: {accept: 'application/statuslist+jwt'}});
  must(status === 200, `${uri}${query}: ${status} ${JSON.stringify(body)}`);
  must(headers.get('content-type') === 'application/statuslist+jwt', `content type ${headers.get('content-type')}`);
  return {token: body, headers, ...await verified(body)};
}

/** What @sd-jwt/jwt-status-list reads at a credential's index. */
async function theySee({idx, uri}, query) {
  return getListFromStatusListJWT((await tokenOf(uri, query)).token).getStatus(idx);
}

/** Waits until hanse's verdict of a credential's status is the expected one. */
async function weSee(credential, expected) {
  let last;
  await eventually(async () => (last = await verify(credential)).verified === (expected === valid));
  return expected === valid ? accepted(last) : rejected(last, 'status');
}

/** Their verifier's own way: it fetches the list by itself, verifies it, and refuses whatever is not valid. */
const theyDecide = async text => reader(await keyOf(text.split('~')[0])).verify(text);

export async function run() {
  const name = 'dc-sd-jwt';
  const id = `urn:uuid:${crypto.randomUUID()}`;
  const text = await issued(name, null, {credentialId: id});
  const entry = getStatusListFromJWT(text.split('~')[0]);
  await check(`${name}: its entry names a list that jose verifies, of the credential's issuer`, async () => {
    const {claims, protectedHeader} = await tokenOf(entry.uri);
    must(protectedHeader.typ === 'statuslist+jwt', `typ ${protectedHeader.typ}`);
    must(claims.sub === entry.uri, `sub ${claims.sub}, not ${entry.uri}`);
    must(!claims.iss || claims.iss === issuerDID(name), `iss ${claims.iss}`);
    must(Number.isInteger(claims.iat) && claims.exp > claims.iat && claims.ttl > 0, `iat ${claims.iat}, exp ${claims.exp}, ttl ${claims.ttl}`);
    must(protectedHeader.kid.startsWith(issuerDID(name)), `kid ${protectedHeader.kid}`);
    return `bits ${claims.status_list.bits}, ttl ${claims.ttl} s, ${inflateSync(Buffer.from(claims.status_list.lst, 'base64url')).length} bytes`;
  });
  await check(`${name}: both find it valid`, async () => {
    must(await theySee(entry) === valid, '@sd-jwt/jwt-status-list does not');
    await theyDecide(text);
    return weSee(text, valid);
  });
  await check(`${name}: both see it suspended, and valid again`, async () => {
    await setStatus(id, 'suspension', true);
    const seen = await weSee(text, suspended);
    must(await theySee(entry) === suspended, `@sd-jwt/jwt-status-list sees ${await theySee(entry)}`);
    const e = await refusal(theyDecide(text), '@sd-jwt/sd-jwt-vc accepts it');
    await setStatus(id, 'suspension', false);
    const again = await weSee(text, valid);
    must(await theySee(entry) === valid, `@sd-jwt/jwt-status-list sees ${await theySee(entry)} still`);
    await theyDecide(text);
    return `${seen}, they: ${e.message}; then ${again}`;
  });
  const before = await secondPassed();
  await check(`${name}: both see it revoked`, async () => {
    await setStatus(id, 'revocation', true);
    const seen = await weSee(text, invalid);
    must(await theySee(entry) === invalid, `@sd-jwt/jwt-status-list sees ${await theySee(entry)}`);
    const e = await refusal(theyDecide(text), '@sd-jwt/sd-jwt-vc accepts it');
    return `${seen}, they: ${e.message}`;
  });
  await check(`${name}: a revocation cannot be undone`, async () => {
    const {status} = await call(home, 'POST', '/credentials/status', {
      token: home.token, body: {credentialId: id, status: false, credentialStatus: {type: 'BitstringStatusListEntry', statusPurpose: 'revocation'}}
    });
    must(status === 400, `hanse answers ${status}`);
    return `${status}`;
  });
  await check(`${name}: at a past time it was valid, to both`, async () => {
    const time = Date.parse(before) / 1000;
    must(await theySee(entry, `?time=${time}`) === valid, `@sd-jwt/jwt-status-list sees ${await theySee(entry, `?time=${time}`)}`);
    must((await verify(text, {at: before})).verified, 'hanse rejects it');
    return `valid as of ${before}`;
  });
  await check(`${name}: its neighbours stay valid`, async () => {
    const two = await issued(name);
    must(await theySee(getStatusListFromJWT(two.split('~')[0])) === valid, 'they do not');
    return weSee(two, valid);
  });
  await check(`${name}: a tampered list is refused by them`, async () => {
    const {token} = await tokenOf(entry.uri);
    const [header, payload, signature] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url'));
    const forged = [header, Buffer.from(JSON.stringify({...claims, exp: claims.exp + 1})).toString('base64url'), signature].join('.');
    const e = await refusal(reader(await keyOf(token), {statusListFetcher: async () => forged}).verify(text), 'it verifies');
    return e.message;
  });
  await bothForms();
  await cwt(name, entry);
}

/** A list of a VCDM credential is served in both forms: one truth. */
async function bothForms() {
  const envelope = await issue('vc-jwt');
  const claims = jose.decodeJwt(opened(envelope, 'application/vc+jwt'));
  const [revocation, suspension] = ['revocation', 'suspension'].map(p => [].concat(claims.credentialStatus).find(e => e.statusPurpose === p));
  const forms = async entry => {
    const {body} = await call(home, 'GET', new URL(entry.statusListCredential).pathname, {headers: {accept: 'application/vc+jwt'}});
    const list = (await verified(body)).claims.credentialSubject.encodedList;
    return [bitOf(list, Number(entry.statusListIndex)), await theySee({idx: Number(entry.statusListIndex), uri: entry.statusListCredential})].join();
  };
  await check('vc-jwt: a list of one bit says the same as bitstring and as token, before and after', async () => {
    must(await forms(revocation) === '0,0' && await forms(suspension) === '0,0', `before ${await forms(revocation)}, ${await forms(suspension)}`);
    await setStatus(claims.id, 'suspension');
    await setStatus(claims.id, 'revocation');
    await weSee(envelope, invalid);
    const seen = await eventually(async () => {
      const both = `${await forms(revocation)} ${await forms(suspension)}`;
      return both === '1,1 1,2' && both;
    });
    must(seen, `after ${await forms(revocation)} ${await forms(suspension)}`);
    return 'revoked 1 and 1 (invalid), suspended 1 and 2 (suspended)';
  });
}

/** The CWT: a COSE_Sign1 (RFC 9052) of type application/statuslist+cwt, read with cborg and verified with Node's cryptography. */
async function cwt(name, {idx, uri}) {
  await check(`${name}: the list as CWT says what the list as JWT says`, async () => {
    const response = await fetch(uri, {headers: {accept: 'application/statuslist+cwt'}});
    must(response.status === 200 && response.headers.get('content-type') === 'application/statuslist+cwt', `${response.status} ${response.headers.get('content-type')}`);
    const message = Buffer.from(await response.arrayBuffer());
    must(message[0] === 0xd2, 'it is no tagged COSE_Sign1');
    const [header, , payload, signature] = decode(message.subarray(1), {useMaps: true});
    const parameters = decode(header, {useMaps: true});
    must(parameters.get(16) === 'application/statuslist+cwt', `typ ${parameters.get(16)}`);
    const {encode} = await import('cborg');
    const jwk = await jwkOf(await load(Buffer.from(parameters.get(4)).toString()));
    must(verifyRaw(jwk, encode(['Signature1', header, new Uint8Array(), payload]), signature), 'its signature does not verify');
    const claims = decode(payload, {useMaps: true});
    const list = claims.get(65533);
    must(claims.get(2) === uri && list, `sub ${claims.get(2)}, claims ${[...claims.keys()]}`);
    const bits = list.get('bits'), bytes = inflateSync(list.get('lst'));
    const at = idx * bits;
    const status = bytes[at >> 3] >> at % 8 & (1 << bits) - 1;
    must(status === await theySee({idx, uri}), `it says ${status}, the JWT ${await theySee({idx, uri})}`);
    return `status ${status} at ${idx}, bits ${bits}, ttl ${claims.get(65534)} s`;
  });
}
