// Round trips between hanse and implementations that are not ours.
// Usage: node interop.mjs DEV_JSON [PART…]        parts: see below; all where none is named
// Prints what was run and what was seen; the last line counts. Exit code 1 if anything was not as it should be, and also
// where something that should be there is missing. Of a league that serves https (hanse dev --tls) the authority that DEV_JSON
// names is trusted.
import {spawnSync} from 'node:child_process';
import {webcrypto} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {part, totals} from './report.mjs';

const {ca} = JSON.parse(readFileSync(process.argv[2], 'utf8'));
if(ca && process.env.NODE_EXTRA_CA_CERTS !== ca) { // Node reads it when it starts, and never again
  const again = spawnSync(process.execPath, process.argv.slice(1), {stdio: 'inherit', env: {...process.env, NODE_EXTRA_CA_CERTS: ca}});
  process.exit(again.status ?? 1);
}
globalThis.crypto ??= webcrypto; // Node 18

const parts = {
  dids: 'DID documents: did-resolver, key-did-resolver, web-did-resolver, @digitalbazaar/did-method-key',
  jose: 'vc+jwt: jose, Node\'s cryptography for ES256K',
  sdjwt: 'vc+sd-jwt: @sd-jwt/core',
  cose: 'vc+cose: cborg, Node\'s cryptography',
  dataintegrity: 'Data Integrity: @digitalbazaar/vc, data-integrity, four cryptosuites, vc-bitstring-status-list',
  sdjwtvc: 'dc+sd-jwt: @sd-jwt/sd-jwt-vc',
  ecdsasd: 'ecdsa-sd-2023: @digitalbazaar/ecdsa-sd-2023-cryptosuite',
  bitstring: 'Bitstring Status List: Node\'s zlib, jose',
  tokenstatus: 'Token Status List: @sd-jwt/jwt-status-list, @sd-jwt/sd-jwt-vc, jose, cborg',
  presentations: 'Presentations: @digitalbazaar/vc, @sd-jwt/core, jose, cborg',
  copies: 'Copies of one credential: @sd-jwt/sd-jwt-vc, jose',
  files: 'The program on files: key new, vc issue, vp create, vc verify --offline',
  conformance: 'Conformance: every did:key issuer, every verifier endpoint, cases of the W3C data model suite',
};

const asked = process.argv.slice(3);
for(const name of asked.length ? asked : Object.keys(parts)) {
  await part(parts[name] ?? name, async () => (await import(`./suites/${name}.mjs`)).run());
}
process.exitCode = totals();
