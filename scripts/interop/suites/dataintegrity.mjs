// Data Integrity: hanse and Digital Bazaar's libraries, every cryptosuite, both ways, revoked and not.
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as eddsaJCS from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as eddsaRDFC from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as ecdsaJCS from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import * as ecdsaRDFC from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {accepted, issue, rejected, seesRevocation, setStatus, unsigned, verify} from '../hanse.mjs';
import {documentLoader} from '../documents.mjs';
import {newKey} from '../keys.mjs';
import {check, must} from '../report.mjs';
import {promote} from '../jws.mjs';

/** Every cryptosuite that proves a whole document: its dev issuer, the key that signs it, their implementation. */
export const suites = [
  {issuer: 'eddsa-jcs-2022', alg: 'EdDSA', verify: () => eddsaJCS.createVerifyCryptosuite(), sign: () => eddsaJCS.createSignCryptosuite()},
  {issuer: 'eddsa-rdfc-2022', alg: 'EdDSA', verify: () => eddsaRDFC.cryptosuite, sign: () => eddsaRDFC.cryptosuite},
  {issuer: 'ecdsa-jcs-2019', alg: 'ES256', verify: () => ecdsaJCS.createVerifyCryptosuite(), sign: () => ecdsaJCS.createSignCryptosuite()},
  {issuer: 'ecdsa-jcs-2019-p384', alg: 'ES384', verify: () => ecdsaJCS.createVerifyCryptosuite(), sign: () => ecdsaJCS.createSignCryptosuite()},
  {issuer: 'ecdsa-rdfc-2019', alg: 'ES256', verify: () => ecdsaRDFC.cryptosuite, sign: () => ecdsaRDFC.cryptosuite},
  {issuer: 'ecdsa-rdfc-2019-p384', alg: 'ES384', verify: () => ecdsaRDFC.cryptosuite, sign: () => ecdsaRDFC.cryptosuite},
];

/** Signs a document as its holder or issuer would, with their implementation. */
export const signer = ({sign}, key) => new DataIntegrityProof({signer: key.pair.signer(), cryptosuite: sign()});

/** Verifies with their implementation, the status too (a status list is a credential of the same suite). */
export function theyVerify(suite, credential) {
  const proof = () => new DataIntegrityProof({cryptosuite: suite.verify()});
  const options = credential.credentialStatus && {checkStatus: o => checkStatus({credential: o.credential, documentLoader, suite: proof()})};
  return vc.verifyCredential({credential, suite: proof(), documentLoader, ...options});
}

export const theirErrors = result => JSON.stringify(result.error?.errors?.map(e => e.message) ?? result.error?.message ?? result.statusResult ?? result);

export async function run() {
  for(const suite of suites) {
    const credential = await issue(suite.issuer);
    await verified(suite, credential);
    await tampered(suite, credential);
    if(credential.credentialStatus) {
      await revoked(suite, credential);
    }
    await weVerify(suite);
  }
  await proofSet();
}

/** Several proofs of one document: all of them count. */
async function proofSet() {
  const key = await newKey('EdDSA');
  const [first, second] = [suites[0], suites[1]];
  const once = await vc.issue({credential: unsigned(key.did), suite: signer(first, key), documentLoader});
  const twice = await vc.issue({credential: structuredClone(once), suite: signer(second, key), documentLoader});
  await check(`a proof set (${first.issuer}, ${second.issuer}): hanse verifies what @digitalbazaar/vc signed twice`, async () => {
    must(twice.proof.length === 2, `${twice.proof.length} proofs`);
    for(const suite of [first, second]) {
      must((await theyVerify(suite, twice)).verified, `@digitalbazaar/vc does not verify its ${suite.issuer}`);
    }
    return accepted(await verify(twice));
  });
  for(const n of [0, 1]) {
    await check(`a proof set: hanse refuses it where proof ${n} is bad, though the other is good`, async () => {
      const copy = structuredClone(twice);
      copy.proof[n].created = '2025-01-01T00:00:00Z';
      return rejected(await verify(copy), 'signature');
    });
  }
}

async function verified(suite, credential) {
  await check(`${suite.issuer}: @digitalbazaar/vc verifies what hanse issued`, async () => {
    const result = await theyVerify(suite, credential);
    must(result.verified, theirErrors(result));
    must(result.statusResult?.verified, 'status was not checked');
    return `verified, ${result.statusResult.results.length} status entries checked against lists of hanse's`;
  });
}

/** Every kind of change: of a claim, of the proof, of what the proof says of itself. */
async function tampered(suite, credential) {
  const other = await newKey(suite.alg);
  const changes = {
    'a claim changed': c => promote(c),
    'a claim added': c => { c.credentialSubject.degree.college = 'College of Everything'; },
    'its date changed': c => { c.validFrom = '2025-01-01T00:00:00Z'; },
    'its issuer changed': c => { c.issuer = other.did; },
    'a digit of its proof changed': c => { c.proof.proofValue = c.proof.proofValue.replace(/.$/, last => last === '2' ? '3' : '2'); },
    'the date of its proof changed': c => { c.proof.created = '2025-01-01T00:00:00Z'; },
    'the purpose of its proof changed': c => { c.proof.proofPurpose = 'authentication'; },
    'a key of somebody else\'s': c => { c.proof.verificationMethod = other.kid; },
  };
  for(const [what, change] of Object.entries(changes)) {
    await check(`${suite.issuer}: both refuse a copy with ${what}`, async () => {
      const copy = structuredClone(credential);
      change(copy);
      const result = await theyVerify(suite, copy);
      must(!result.verified, '@digitalbazaar/vc verifies it');
      const why = result.error.errors?.[0]?.message ?? result.error.message;
      return `@digitalbazaar/vc: ${why.slice(0, 60)}; ${rejected(await verify(copy))}`;
    });
  }
}

async function revoked(suite, credential) {
  await check(`${suite.issuer}: both see a revocation`, async () => {
    await setStatus(credential.id, 'revocation');
    const seen = await seesRevocation(credential);
    // The library answers `verified` for a list that is genuine, and says per entry whether it is set.
    const {statusResult} = await theyVerify(suite, credential);
    const entry = purpose => statusResult.results.find(r => r.credentialStatus.statusPurpose === purpose);
    must(statusResult.verified && entry('revocation')?.status === true, `@digitalbazaar says ${JSON.stringify(statusResult)}`);
    must(entry('suspension')?.status === false, 'the suspension entry is set too');
    return `${seen}; @digitalbazaar/vc-bitstring-status-list sees the bit`;
  });
}

/** They issue; hanse verifies, and refuses a changed copy. */
async function weVerify(suite) {
  const key = await newKey(suite.alg);
  const theirs = await vc.issue({credential: unsigned(key.did), suite: signer(suite, key), documentLoader});
  await check(`${suite.issuer}: hanse verifies what @digitalbazaar/vc issued`, async () => accepted(await verify(theirs)));
  await check(`${suite.issuer}: hanse refuses a tampered copy of it`, async () =>
    rejected(await verify({...theirs, validFrom: '2025-01-01T00:00:00Z'}), 'signature'));
  await check(`${suite.issuer}: hanse refuses it without its proof`, async () => {
    const {proof, ...rest} = theirs;
    return rejected(await verify(rest), 'parse');
  });
  await legacy(suite, key);
}

/** The older data model: Data Integrity only. */
async function legacy(suite, key) {
  await check(`${suite.issuer}: hanse verifies a credential of data model 1.1 that @digitalbazaar/vc issued`, async () => {
    const credential = {
      '@context': ['https://www.w3.org/2018/credentials/v1', 'https://w3id.org/security/data-integrity/v2'],
      id: 'urn:uuid:00000000-0000-4000-8000-000000000001', type: ['VerifiableCredential'],
      issuer: key.did, issuanceDate: '2026-01-01T00:00:00Z', credentialSubject: {id: 'did:example:ada'}
    };
    const signed = await vc.issue({credential, suite: signer(suite, key), documentLoader});
    const seen = accepted(await verify(signed));
    return `${seen}; with another subject: ${rejected(await verify({...signed, credentialSubject: {id: 'did:example:eve'}}), 'signature')}`;
  });
}
