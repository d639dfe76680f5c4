/** What the tests need of the machine, and what of it is not here: each thing is asked once, by trying it. */
import { type Need, questions } from './questions.js';
import { type Lack, reasonOf, tell, told } from './told.js';

export type { Need } from './questions.js';
export { type Lack, reasonOf, toldReasonToSkip } from './told.js';

const answers = new Map<Need, Promise<Lack | undefined>>();

/** Asks for everything, or for some of it, and tells the answers to all processes that this one starts. */
export async function lacksOfThisMachine(needs: readonly Need[] = Object.keys(questions) as Need[]): Promise<Lack[]> {
  const lacks = await lacksAmong(needs);
  tell({ asked: needs, lacks });
  return lacks;
}

/** Why a test with these needs is skipped here; undefined when it is not. */
export async function reasonToSkip(needs: readonly Need[]): Promise<string | undefined> {
  const lacks = await lacksAmong(needs);
  return lacks.length === 0 ? undefined : reasonOf(lacks);
}

/** Those of which a reason to skip speaks; undefined when it is for something else that a test is skipped. */
export function lacksBehind(reason: string, lacks: readonly Lack[]): readonly Lack[] | undefined {
  const named = lacks.filter((lack) => reason.includes(`${lack.need} (${lack.why})`));
  return named.length > 0 && reasonOf(named).length === reason.length ? named : undefined;
}

async function lacksAmong(needs: readonly Need[]): Promise<Lack[]> {
  const lacks = new Map<Need, Lack>();
  // One after the other: several mount, and what is asked of the machine is not how much it can do at once.
  for (const need of needs) {
    const lack = await lackOf(need);
    if (lack !== undefined) lacks.set(lack.need, lack);
  }
  return [...lacks.values()];
}

/** What stands in the way of a need: itself, or what it needs in turn. */
async function lackOf(need: Need): Promise<Lack | undefined> {
  for (const earlier of questions[need].after ?? []) {
    const lack = await lackOf(earlier);
    if (lack !== undefined) return lack;
  }
  const { asked, lacks } = told();
  if (asked.includes(need)) return lacks.find((lack) => lack.need === need);
  const answer = answers.get(need) ?? ask(need);
  answers.set(need, answer);
  return answer;
}

async function ask(need: Need): Promise<Lack | undefined> {
  const { missing, attempt } = questions[need];
  const absent = missing?.() ?? [];
  if (absent.length > 0) return { need, kind: 'setup', why: `not here: ${absent.join(', ')}` };
  try {
    await attempt?.();
    return undefined;
  } catch (error) {
    return { need, kind: 'machine', why: inOneLine(error) };
  }
}

/** What a program printed before it failed, or else what is known of its end. */
function inOneLine(error: unknown): string {
  const [first = '', ...printed] = String(error instanceof Error ? error.message : error)
    .trim()
    .split('\n');
  return printed.length > 0 ? printed.join(' ') : first;
}
