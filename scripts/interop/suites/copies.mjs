// Batch-issued copies: one credential for several keys, each copy with an index of its own, revoked together.
import {randomUUID} from 'node:crypto';
import {getStatusListFromJWT} from '@sd-jwt/jwt-status-list';
import {home, issuerDID, post, rejected, seesRevocation, setStatus, unsigned, verify, verifyPresentation, accepted} from '../hanse.mjs';
import {newKey} from '../keys.mjs';
import {keyOf, opened, verified} from '../jws.mjs';
import {check, each, must, refusal} from '../report.mjs';
import {bind, reader, vct} from './sdjwtvc.mjs';

export async function run() {
  await each({'copies of dc+sd-jwt': claims, 'copies of vc+jwt': documents});
}

const copiesOf = async (name, credential, options) =>
  (await post(home, `/issuers/${name}/credentials/issue`, {credential, options}, true)).verifiableCredentials;

async function claims() {
  const keys = await Promise.all(['ES256', 'ES256', 'EdDSA'].map(newKey));
  const credentialId = `urn:uuid:${randomUUID()}`;
  const copies = await copiesOf('dc-sd-jwt', {vct, claims: {given_name: 'Ada'}, disclosable: ['/given_name']}, {credentialId, holders: keys.map(k => k.jwk)});
  await check('dc-sd-jwt: three copies, each bound to its own key, no two with a digest or an index in common', async () => {
    must(copies.length === keys.length, `${copies.length} copies`);
    const theirs = reader(await keyOf(copies[0].split('~')[0]));
    const payloads = await Promise.all(copies.map(async c => (await theirs.verify(c)).payload));
    payloads.forEach((p, n) => must(p.cnf.jwk.x === keys[n].jwk.x, `copy ${n} is bound to ${JSON.stringify(p.cnf)}`));
    const places = copies.map(c => getStatusListFromJWT(c.split('~')[0]).idx);
    must(new Set(places).size === copies.length, `indices ${places}`);
    must(new Set(copies.flatMap(c => c.split('~').slice(1, -1))).size === copies.length, 'two have a disclosure in common');
    return `indices ${places.join(', ')}`;
  });
  await check('dc-sd-jwt: a copy is presented with its own key, and with no other', async () => {
    const [challenge, domain] = [randomUUID(), 'https://verifier.example'];
    const present = key => bind(key, copies[1], {given_name: true}, {aud: domain, nonce: challenge});
    must((await verifyPresentation(await present(keys[1]), {challenge, domain})).verified, 'hanse refuses it');
    must(!(await verifyPresentation(await present(keys[0]), {challenge, domain})).verified, 'hanse takes it with another copy\'s key');
    return 'accepted, refused';
  });
  await check('dc-sd-jwt: one revocation revokes every copy, for both', async () => {
    await setStatus(credentialId, 'revocation');
    const seen = await Promise.all(copies.map(seesRevocation));
    for(const copy of copies) {
      await refusal(reader(await keyOf(copy.split('~')[0])).verify(copy), '@sd-jwt/sd-jwt-vc accepts one');
    }
    return seen[0];
  });
}

async function documents() {
  const keys = await Promise.all(['EdDSA', 'ES256'].map(newKey));
  const credential = unsigned(issuerDID('vc-jwt'));
  delete credential.credentialSubject.id;
  const copies = await copiesOf('vc-jwt', credential, {holders: keys.map(k => k.did)});
  await check('vc-jwt: two copies, each about its own holder, revoked together', async () => {
    const payloads = await Promise.all(copies.map(async c => (await verified(opened(c, 'application/vc+jwt'))).claims));
    payloads.forEach((p, n) => must(p.credentialSubject.id === keys[n].did, `copy ${n} is about ${p.credentialSubject.id}`));
    for(const copy of copies) {
      accepted(await verify(copy));
    }
    await setStatus(credential.id, 'revocation');
    await Promise.all(copies.map(seesRevocation));
    return rejected(await verify(copies[1]), 'status');
  });
}
