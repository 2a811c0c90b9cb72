// What was run and what was seen: one line a check, and the totals.

let passed = 0, failed = 0;
const longest = 600; // characters of a reason

/** Runs one check; body throws, or returns a line that says what was seen. A check that throws does not end the others. */
export async function check(name, body) {
  try {
    console.log(`pass  ${name}: ${await body()}`);
    passed++;
  } catch(e) {
    failed++;
    console.log(`FAIL  ${name}: ${reason(e)}`);
  }
}

/** The message of an error and of what caused it: the libraries wrap theirs, some several times. */
function reason(e) {
  const causes = [];
  for(let at = e; at && causes.length < 4; at = at.errors?.[0] ?? at.cause) {
    causes.push(at.message ?? String(at));
  }
  return causes.join(': ').slice(0, longest);
}

export function must(condition, message) {
  if(!condition) {
    throw new Error(message);
  }
}

/** What a promise that must be rejected is rejected with; a check fails if it is fulfilled. */
export async function refusal(promise, message) {
  const e = await promise.then(() => null, error => error);
  must(e, message);
  return e;
}

/** Begins a part: prints its heading, runs it, prints its totals. A part that throws outside of its checks is a failure too. */
export async function part(name, run) {
  console.log(`\n== ${name}`);
  const before = [passed, failed];
  try {
    await run();
  } catch(e) {
    failed++;
    console.log(`FAIL  ${name}: ${reason(e)}`);
  }
  console.log(`   ${passed - before[0]} passed, ${failed - before[1]} failed`);
}

/** Prints the totals of everything, and returns the exit code. */
export function totals() {
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed || !passed ? 1 : 0;
}

/** Runs steps that each hold several checks: one that throws outside of a check fails, and does not end the others. */
export async function each(steps) {
  for(const [name, step] of Object.entries(steps)) {
    try {
      await step();
    } catch(e) {
      failed++;
      console.log(`FAIL  ${name}: ${reason(e)}`);
    }
  }
}
