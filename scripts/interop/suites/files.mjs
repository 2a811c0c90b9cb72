// The program on files, without a server: hanse issues and presents, they verify; they issue, hanse verifies.
import {randomUUID} from 'node:crypto';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {SDJwtInstance} from '@sd-jwt/core';
import {inFolder} from '../binary.mjs';
import {accepted, unsigned, verify, verifyPresentation} from '../hanse.mjs';
import {documentLoader} from '../documents.mjs';
import {hasher, newKey, saltGenerator, sdVerifier} from '../keys.mjs';
import {enveloped, keyOf, opened, promote, signed, tampered, verified} from '../jws.mjs';
import {check, each, must, refusal} from '../report.mjs';
import {verified as coseVerified} from './cose.mjs';
import {suites, theirErrors, theyVerify} from './dataintegrity.mjs';
import {reader, vct} from './sdjwtvc.mjs';

const domain = 'https://verifier.example';

export async function run() {
  const steps = {};
  for(const suite of suites) {
    steps[`files, ${suite.issuer}`] = () => proofs(suite);
  }
  for(const form of ['vp+jwt', 'vp+sd-jwt', 'vp+cose']) {
    steps[`files, ${form}`] = () => tokens(form);
  }
  await each({...steps, 'files, dc+sd-jwt': bound, 'files, verifying': weVerify});
}

/** Makes two keys, and a credential of the one about the other. */
function issued(f, alg, format, more = []) {
  const issuer = f.hanse('key', 'new', '--alg', alg, '--output', 'issuer.jwk');
  const holder = f.hanse('key', 'new', '--alg', alg, '--output', 'holder.jwk');
  const credential = unsigned(issuer);
  credential.credentialSubject.id = holder;
  f.write('credential.json', credential);
  f.hanse('vc', 'issue', '--key', 'issuer.jwk', '--input', 'credential.json', '--format', format, '--output', 'signed.json', ...more);
  return {issuer, holder, credential: JSON.parse(f.read('signed.json'))};
}

function presented(f, format, challenge) {
  f.hanse('vp', 'create', '--key', 'holder.jwk', '--input', 'signed.json', '--format', format, '--challenge', challenge, '--domain', domain, '--output', 'vp.json');
  const text = f.read('vp.json').toString().trim();
  return /^[{"]/.test(text) ? JSON.parse(text) : text;
}

/** Data Integrity: @digitalbazaar/vc verifies the credential and the presentation. */
async function proofs(suite) {
  await inFolder(async f => {
    const format = suite.issuer.replace('-p384', '');
    const {credential} = issued(f, suite.alg, format);
    await check(`${suite.issuer}: @digitalbazaar/vc verifies what hanse signed with a key file`, async () => {
      const result = await theyVerify(suite, credential);
      must(result.verified, theirErrors(result));
      return accepted(await verify(credential));
    });
    const challenge = randomUUID();
    const presentation = presented(f, format, challenge);
    const theirs = (p, c) => vc.verify({presentation: p, suite: new DataIntegrityProof({cryptosuite: suite.verify()}), challenge: c, domain, documentLoader});
    await check(`${suite.issuer}: @digitalbazaar/vc verifies a presentation of hanse's`, async () => {
      const result = await theirs(presentation, challenge);
      must(result.verified, theirErrors(result));
      must((await verifyPresentation(presentation, {challenge, domain})).verified, 'hanse does not');
      return `${result.credentialResults.length} credential, proof purpose ${presentation.proof.proofPurpose}`;
    });
    await check(`${suite.issuer}: @digitalbazaar/vc refuses it for another challenge, and with another holder`, async () => {
      const other = await theirs(presentation, 'another');
      const changed = await theirs({...presentation, holder: 'did:example:eve'}, challenge);
      must(!other.verified && !changed.verified, 'it verifies');
      return `${theirErrors(other).slice(0, 60)}, ${theirErrors(changed).slice(0, 60)}`;
    });
  });
}

/** Tokens and messages: jose, @sd-jwt/core and cborg verify the presentation. */
async function tokens(form) {
  for(const alg of ['EdDSA', 'ES256', 'ES384', 'ES256K']) {
    await inFolder(async f => {
      const {holder} = issued(f, alg, form.replace('vp', 'vc'));
      const challenge = randomUUID();
      const presentation = presented(f, form, challenge);
      const open = {
        'vp+jwt': async () => (await verified(opened(presentation, 'application/vp+jwt'))).claims,
        'vp+sd-jwt': async () => {
          const text = opened(presentation, 'application/vp+sd-jwt');
          const theirs = new SDJwtInstance({hasher, hashAlg: 'sha-256', saltGenerator, verifier: sdVerifier(await keyOf(text.split('~')[0]))});
          return (await theirs.verify(text)).payload;
        },
        'vp+cose': async () => (await coseVerified(Buffer.from(opened(presentation, 'application/vp+cose;base64'), 'base64'))).credential,
      };
      await check(`${form}, ${alg}: they verify a presentation of hanse's`, async () => {
        const {holder: named, nonce, aud, verifiableCredential} = await open[form]();
        must(named === holder && nonce === challenge && aud === domain, `holder ${named}, nonce ${nonce}, aud ${aud}`);
        must((await verifyPresentation(presentation, {challenge, domain})).verified, 'hanse does not');
        return `${verifiableCredential.length} credential inside, for ${aud}`;
      });
    });
  }
}

/** An SD-JWT VC bound to its holder's key: @sd-jwt/sd-jwt-vc verifies credential and key binding. */
async function bound() {
  await inFolder(async f => {
    const issuer = f.hanse('key', 'new', '--alg', 'ES256', '--output', 'issuer.jwk');
    f.hanse('key', 'new', '--alg', 'ES256', '--output', 'holder.jwk');
    const {d, ...jwk} = JSON.parse(f.read('holder.jwk'));
    f.write('claims.json', {vct, claims: {given_name: 'Ada', family_name: 'Lovelace', cnf: {jwk: {kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y}}}, disclosable: ['/given_name']});
    f.hanse('vc', 'issue', '--key', 'issuer.jwk', '--input', 'claims.json', '--format', 'dc+sd-jwt', '--output', 'signed.json');
    const nonce = randomUUID();
    const text = presented(f, 'dc+sd-jwt', nonce);
    await check('dc+sd-jwt: @sd-jwt/sd-jwt-vc verifies what hanse signed and bound with key files', async () => {
      const theirs = reader(await keyOf(text.split('~')[0]));
      const {payload, kb} = await theirs.verify(text, {keyBindingNonce: nonce});
      must(payload.iss === issuer && payload.given_name === 'Ada' && kb.payload.aud === domain, JSON.stringify(payload));
      const e = await refusal(theirs.verify(text, {keyBindingNonce: 'another'}), 'it verifies for another nonce');
      must((await verifyPresentation(text, {challenge: nonce, domain})).verified, 'hanse does not');
      return `key binding for ${kb.payload.aud}; another nonce: ${e.message}`;
    });
  });
}

/** What they issued, verified on files and offline. */
async function weVerify() {
  const key = await newKey('ES256');
  const jws = signed(key, 'vc+jwt', unsigned(key.did), {cty: 'vc'});
  await check('vc+jwt: hanse vc verify --offline takes what jose\'s format holds, and refuses it tampered with', async () => inFolder(async f => {
    f.write('good.json', enveloped('application/vc+jwt', jws));
    f.write('bad.json', enveloped('application/vc+jwt', tampered(jws, promote)));
    const seen = f.hanse('vc', 'verify', '--offline', '--input', 'good.json');
    const e = await refusal((async () => f.hanse('vc', 'verify', '--offline', '--input', 'bad.json'))(), 'it takes the bad one');
    must(/exit code 3/.test(e.message), e.message);
    return `${seen.split('\n')[0].slice(0, 80)}; the other: exit code 3`;
  }));
}
