// Opens SD-JWTs, one a line, with @sd-jwt/decode, and writes their claims, one a line. Argument: a folder with its packages.
import {createHash} from 'node:crypto';
import {createRequire} from 'node:module';
import {createInterface} from 'node:readline';

const {decodeSdJwtSync, getClaimsSync} = createRequire(process.argv[2] + '/package.json')('@sd-jwt/decode');
const hasher = (data, alg) => createHash(alg.replace('-', '')).update(data).digest();
for await (const line of createInterface({input: process.stdin})) {
  const {jwt, disclosures} = decodeSdJwtSync(line, hasher);
  console.log(JSON.stringify(getClaimsSync(jwt.payload, disclosures, hasher)));
}
