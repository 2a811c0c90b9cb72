// The running league: its API as a client sees it. What one center issues, another one verifies.
import {randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {must} from './report.mjs';

export const dev = JSON.parse(readFileSync(process.argv[2], 'utf8'));

/** The center that issues, and another one that verifies. */
export const [home, other] = [dev.centers[0], dev.centers[dev.centers.length - 1]];

/** One request. The answer's body is parsed where it is JSON, else text. */
export async function call(center, method, path, {body, token, headers} = {}) {
  const response = await fetch(center.api + path, {
    method, ...body !== undefined && {body: typeof body === 'string' ? body : JSON.stringify(body)},
    headers: {
      ...body !== undefined && {'content-type': 'application/json'}, ...token && {authorization: `Bearer ${token}`}, ...headers
    }
  });
  const text = await response.text();
  return {status: response.status, headers: response.headers, body: /^[[{]/.test(text) ? JSON.parse(text) : text};
}

export async function post(center, path, body, token) {
  const {status, body: answer} = await call(center, 'POST', path, {body, token: token && center.token});
  must(status < 300, `${path}: ${status} ${JSON.stringify(answer)}`);
  return answer;
}

export function issuer(name) {
  const found = home.issuers.find(i => i.name === name);
  must(found, `${home.name} has no issuer ${name}`);
  return found;
}

export const issuerDID = name => issuer(name).did;

/** A credential without a proof, of the W3C's examples vocabulary. */
export const unsigned = issuer => ({
  '@context': ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/ns/credentials/examples/v2'],
  id: `urn:uuid:${randomUUID()}`,
  type: ['VerifiableCredential', 'ExampleDegreeCredential'],
  issuer,
  validFrom: '2026-01-01T00:00:00Z',
  credentialSubject: {id: 'did:example:ada', degree: {type: 'ExampleBachelorDegree', name: 'Bachelor of Science'}}
});

/** Has an issuer of the home center issue a credential; options are the API's. */
export async function issue(name, options, credential = unsigned(issuerDID(name))) {
  const answer = await post(home, `/issuers/${name}/credentials/issue`, {credential, ...options && {options}}, true);
  return answer.verifiableCredential;
}

export async function verify(verifiableCredential, options = {}) {
  return post(other, '/credentials/verify', {verifiableCredential, options: {report: 'full', ...options}});
}

export async function verifyPresentation(verifiablePresentation, options = {}) {
  return post(other, '/presentations/verify', {verifiablePresentation, options: {report: 'full', ...options}});
}

/** Sets or clears a status of a credential at its home. */
export async function setStatus(credentialId, statusPurpose, status = true, type = 'BitstringStatusListEntry') {
  return post(home, '/credentials/status', {credentialId, status, credentialStatus: {type, statusPurpose}}, true);
}

const failed = ({checks}) => checks.filter(c => c.outcome === 'fail' && c.severity === 'error');

/** The checks that failed, with the reasons that the report gives. */
export const failures = report => failed(report).map(c => `${c.id}: ${c.problem?.title ?? ''} ${c.problem?.detail ?? ''}`.trim()).join('; ');

/** The answer must accept; says how many checks passed. */
export function accepted({verified, report}) {
  must(verified && report.decision === 'accept', `hanse says ${report.decision}: ${failures(report) || JSON.stringify(report.checks.filter(c => c.outcome !== 'pass'))}`);
  return `accept, ${report.checks.filter(c => c.outcome === 'pass').length} checks passed`;
}

/** The answer must reject, and for the check that is named (if one is). */
export function rejected({verified, report}, check) {
  must(!verified && report.decision === 'reject', `hanse says ${report.decision}`);
  const ids = failed(report).map(c => c.id);
  must(!check || ids.includes(check), `hanse rejects it for ${failures(report)}, not ${check}`);
  return `hanse rejects it (${ids.join(', ')})`;
}

/** The outcome of one check of a report. */
export const outcome = (report, id) => report.checks.find(c => c.id === id)?.outcome;

/** Asks until done returns something, for ten seconds at most: what is committed is visible everywhere about one block later. */
export async function eventually(done, seconds = 10) {
  const end = Date.now() + seconds * 1000;
  for(;;) {
    const seen = await done();
    if(seen || Date.now() > end) {
      return seen;
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** Waits until hanse rejects a credential for its status. */
export async function seesRevocation(credential) {
  let last;
  await eventually(async () => !(last = await verify(credential)).verified);
  return rejected(last, 'status');
}

/** Waits until hanse accepts a credential (a suspension that was lifted). */
export async function seesNoStatus(credential) {
  let last;
  await eventually(async () => (last = await verify(credential)).verified);
  return accepted(last);
}
