// ecdsa-sd-2023: hanse and @digitalbazaar/ecdsa-sd-2023-cryptosuite, both ways. Issuers make base proofs, holders derive from them.
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createDiscloseCryptosuite, createSignCryptosuite, createVerifyCryptosuite} from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import {accepted, issue, issuerDID, post, other, rejected, seesRevocation, setStatus, unsigned, verify} from '../hanse.mjs';
import {documentLoader} from '../documents.mjs';
import {newKey} from '../keys.mjs';
import {promote} from '../jws.mjs';
import {check, each, must} from '../report.mjs';
import {suites, theirErrors} from './dataintegrity.mjs';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';

const name = 'ecdsa-sd-2023';
const mandatoryPointers = ['/issuer', '/validFrom'];

/** Their verification; the status lists of this issuer are signed in another suite, which verifiers therefore take too. */
function theyVerify(credential) {
  const taken = () => [createVerifyCryptosuite(), ...suites.map(s => s.verify())].map(cryptosuite => new DataIntegrityProof({cryptosuite}));
  return vc.verifyCredential({credential, suite: taken(), documentLoader,
    checkStatus: o => checkStatus({credential: o.credential, documentLoader, suite: taken(), verifyStatusListCredential: true})});
}

const theyDerive = (verifiableCredential, selectivePointers) => vc.derive({
  verifiableCredential, documentLoader, suite: new DataIntegrityProof({cryptosuite: createDiscloseCryptosuite({selectivePointers})})
});

async function weDerive(verifiableCredential, selectivePointers) {
  return (await post(other, '/credentials/derive', {verifiableCredential, options: {selectivePointers}})).verifiableCredential;
}

/** A credential with something to withhold. */
function rich(issuer) {
  const credential = unsigned(issuer);
  credential.credentialSubject = {
    id: 'did:example:ada', alumniOf: [{id: 'https://a.example', name: 'University A'}, {id: 'https://b.example', name: 'University B'}],
    degree: {type: 'ExampleBachelorDegree', name: 'Bachelor of Science'}
  };
  return credential;
}

/** Every pair of who derives and what is shown. */
const derivations = [
  ['one claim', ['/credentialSubject/degree/name'], ['Bachelor'], ['University']],
  ['one element of an array', ['/credentialSubject/alumniOf/1'], ['University B'], ['Bachelor', 'University A']],
  ['a whole subject', ['/credentialSubject'], ['Bachelor', 'University A', 'University B'], []],
];

export async function run() {
  await each({[`${name}: hanse issues`]: weIssue, [`${name}: they issue`]: theyIssue, [`${name}: revocation`]: revoked});
}

/** hanse makes the base proof; both derive from it, both verify what was derived. */
async function weIssue() {
  const base = await issue(name, {mandatoryPointers}, rich(issuerDID(name)));
  await derived('what hanse issued', base, true);
  await check(`${name}: a base proof is for the holder: hanse refuses it, and says what to do`, async () => {
    const answer = await verify(base);
    const seen = rejected(answer);
    must(/derive/.test(JSON.stringify(answer.report)), 'it does not say "derive"');
    return seen;
  });
}

/** They make the base proof; both derive from it, both verify what was derived. */
async function theyIssue() {
  const key = await newKey('ES256');
  const suite = new DataIntegrityProof({signer: key.pair.signer(), cryptosuite: createSignCryptosuite({mandatoryPointers})});
  await derived('what they issued', await vc.issue({credential: rich(key.did), suite, documentLoader}), false);
}

async function derived(whose, base, status) {
  const holders = {'@digitalbazaar': theyDerive, hanse: weDerive};
  for(const [who, derive] of Object.entries(holders)) {
    for(const [what, pointers, shown, withheld] of derivations) {
      await check(`${name}: ${who} derives ${what} of ${whose}; both verify it`, async () => {
        const selective = status ? [...pointers, '/credentialStatus'] : pointers;
        const credential = await derive(base, selective);
        const text = JSON.stringify(credential);
        must(shown.every(s => text.includes(s)), `it does not show ${shown}: ${text.slice(0, 500)}`);
        must(!withheld.some(s => text.includes(s)), `it shows one of ${withheld}: ${text.slice(0, 500)}`);
        const result = await theyVerify(credential);
        must(result.verified, `@digitalbazaar/vc: ${theirErrors(result)}`);
        return accepted(await verify(credential));
      });
    }
    await tampered(`derived by ${who} of ${whose}`, await derive(base, ['/credentialSubject/degree']));
  }
}

async function tampered(whose, credential) {
  const changes = {
    'a claim changed': c => promote(c),
    'a claim added': c => { c.credentialSubject.name = 'Ada'; },
    'a mandatory claim changed': c => { c.validFrom = '2025-01-01T00:00:00Z'; },
    'a claim taken away': c => { delete c.credentialSubject.degree.name; },
    'a character of its proof changed': c => { c.proof.proofValue = c.proof.proofValue.replace(/^(.{80})(.)/, (_, a, b) => a + (b === 'A' ? 'B' : 'A')); },
  };
  for(const [what, change] of Object.entries(changes)) {
    await check(`${name}: both refuse one ${whose}, with ${what}`, async () => {
      const copy = structuredClone(credential);
      change(copy);
      const result = await theyVerify(copy);
      must(!result.verified, '@digitalbazaar/vc verifies it');
      return `they: ${(result.error.errors?.[0]?.message ?? result.error.message).slice(0, 60)}; ${rejected(await verify(copy))}`;
    });
  }
}

async function revoked() {
  await check(`${name}: both see a revocation`, async () => {
    const base = await issue(name, {mandatoryPointers}, rich(issuerDID(name)));
    await setStatus(base.id, 'revocation');
    const credential = await theyDerive(base, ['/credentialStatus', '/credentialSubject/degree']);
    const seen = await seesRevocation(credential);
    const {statusResult, error} = await theyVerify(credential);
    must(statusResult, `@digitalbazaar/vc: ${error?.message}`);
    const entry = statusResult.results?.find(r => r.credentialStatus.statusPurpose === 'revocation');
    must(entry?.status === true, `@digitalbazaar says ${theirErrors({statusResult})}`);
    return `${seen}; @digitalbazaar/vc-bitstring-status-list sees the bit`;
  });
}
