// Bitstring Status List: hanse's lists as @digitalbazaar/vc-bitstring-status-list and Node's zlib read them.
import {gunzipSync} from 'node:zlib';
import * as jose from 'jose';
import {call, eventually, home, issue, issuerDID, seesNoStatus, seesRevocation, setStatus, verify, accepted} from '../hanse.mjs';
import {opened, verified} from '../jws.mjs';
import {check, must} from '../report.mjs';

/** One bit of a list: index 0 is the first byte's most significant bit. */
export function bitOf(encodedList, index) {
  must(encodedList[0] === 'u', 'the list is not base64url multibase');
  const bits = gunzipSync(Buffer.from(encodedList.slice(1), 'base64url'));
  must(index < bits.length * 8, `index ${index} of ${bits.length * 8}`);
  return bits[index >> 3] >> (7 - index % 8) & 1;
}

const entriesOf = credential => [].concat(credential.credentialStatus ?? []);

/** Waits until the next second is past, and a few more: a block is dated when its predecessor was voted for. Returns that second. */
export async function secondPassed() {
  const end = Math.ceil((Date.now() + 1) / 1000) * 1000;
  await eventually(() => Date.now() > end + 3000);
  return new Date(end).toISOString().replace('.000', '');
}

/** Issues one vc+jwt and returns it with its entries by purpose. */
async function issued(name) {
  const envelope = await issue(name);
  const claims = jose.decodeJwt(opened(envelope, 'application/vc+jwt'));
  return {envelope, id: claims.id, entries: Object.fromEntries(entriesOf(claims).map(e => [e.statusPurpose, e]))};
}

async function listOf(entry, query = '') {
  const path = new URL(entry.statusListCredential).pathname;
  const {status, body, headers} = await call(home, 'GET', path + query, {headers: {accept: 'application/vc+jwt'}});
  must(status === 200, `${path}${query}: ${status} ${JSON.stringify(body)}`);
  return {...await verified(body), headers};
}

export async function run() {
  const name = 'vc-jwt';
  const one = await issued(name);
  await check('a list is a BitstringStatusListCredential of its credential\'s issuer, of at least 131,072 entries', async () => {
    const {claims, by} = await listOf(one.entries.revocation);
    must(claims.issuer === issuerDID(name), `its issuer is ${claims.issuer}`);
    must(claims.type.includes('BitstringStatusListCredential'), `its type is ${claims.type}`);
    const {type, statusPurpose, encodedList} = claims.credentialSubject;
    must(type === 'BitstringStatusList' && statusPurpose === 'revocation', `${type}, ${statusPurpose}`);
    const {length} = gunzipSync(Buffer.from(encodedList.slice(1), 'base64url'));
    must(length * 8 >= 131_072, `${length * 8} entries`);
    return `verified by ${by}, ${length * 8} entries`;
  });
  await check('both see a suspension, and that it was lifted', async () => {
    const {statusListIndex} = one.entries.suspension;
    const bit = async () => bitOf((await listOf(one.entries.suspension)).claims.credentialSubject.encodedList, Number(statusListIndex));
    await setStatus(one.id, 'suspension');
    const seen = await seesRevocation(one.envelope);
    must(await bit() === 1, 'the published list has it clear');
    await setStatus(one.id, 'suspension', false);
    const lifted = await seesNoStatus(one.envelope);
    must(await bit() === 0, 'the published list has it set still');
    return `${seen}; lifted: ${lifted}`;
  });
  await check('a revocation cannot be undone', async () => {
    await setStatus(one.id, 'revocation');
    await seesRevocation(one.envelope);
    const {status} = await call(home, 'POST', '/credentials/status', {
      token: home.token, body: {credentialId: one.id, status: false, credentialStatus: {type: 'BitstringStatusListEntry', statusPurpose: 'revocation'}}
    });
    must(status === 400, `hanse answers ${status}`);
    return `${status}`;
  });
  await check('its neighbours stay as they are', async () => {
    const two = await issued(name);
    return accepted(await verify(two.envelope));
  });
  await check('a list of a past moment does not have what was set later', async () => {
    const three = await issued(name);
    const {statusListIndex} = three.entries.revocation;
    const before = await secondPassed();
    await setStatus(three.id, 'revocation');
    await seesRevocation(three.envelope);
    const [now, then] = [await listOf(three.entries.revocation), await listOf(three.entries.revocation, `?timestamp=${before}`)];
    must(bitOf(now.claims.credentialSubject.encodedList, Number(statusListIndex)) === 1, 'clear now');
    must(bitOf(then.claims.credentialSubject.encodedList, Number(statusListIndex)) === 0, `set as of ${before}`);
    must((await verify(three.envelope, {at: before})).verified, `hanse rejects it as of ${before}`);
    return `set now, clear as of ${before}; so is hanse's own verdict`;
  });
  await check('a list that did not change is not sent again', async () => {
    const path = new URL(one.entries.revocation.statusListCredential).pathname;
    const first = await call(home, 'GET', path, {headers: {accept: 'application/vc+jwt'}});
    const etag = first.headers.get('etag');
    must(etag, 'it has no ETag');
    const {status} = await call(home, 'GET', path, {headers: {accept: 'application/vc+jwt', 'if-none-match': etag}});
    must(status === 304, `hanse answers ${status}`);
    return `304 for ${etag}`;
  });
}
