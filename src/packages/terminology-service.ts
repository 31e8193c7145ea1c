/**
 * The rim of the pure terminology service: what it cannot say by itself is looked up in the store (systems too big to hold), and
 * what no system here knows is asked of another terminology server, where one is set.
 */
import type { RequestParts } from '../terminology/library.ts';
import type { CodeQuestion, Verdict } from '../terminology/membership.ts';
import { type KeptConcept, type KeptSystem, type OutsideAnswers, type OutsideQuestion, outsideSystems, questionKey } from '../terminology/outside.ts';
import type { Terminology } from '../terminology/terminology.ts';

type Confirmation = 'in' | 'out' | 'unknown';

export interface TerminologyService {
  readonly pure: Terminology;
  /** Runs a piece of work, again with each answer from outside, until nothing more is missing. */
  settle<T>(run: (terminology: Terminology) => T, request?: RequestParts): Promise<T>;
  /** The systems that are kept in the store. */
  kept(): Promise<readonly KeptSystem[]>;
  /** What `unknown` was left open. */
  confirm(question: CodeQuestion): Promise<Confirmation>;
  /** The other server's word alone; undefined where it has none, or none is set. */
  elsewhere: AskElsewhere;
}

/** Code systems that are kept in the store. */
export interface KeptCodes {
  /** The latest version of each first. */
  systems(): Promise<readonly KeptSystem[]>;
  concept(question: OutsideQuestion & { readonly ask: 'concept' }): Promise<KeptConcept | undefined>;
  /** Undefined where there are too many, or a filter is not offered. */
  select(question: OutsideQuestion & { readonly ask: 'select' }): Promise<readonly KeptConcept[] | undefined>;
}

/** Another server that knows more; undefined where it does not answer. */
export type AskElsewhere = (question: CodeQuestion) => Promise<boolean | undefined>;

export interface ServiceParts {
  readonly pure: Terminology;
  readonly codes: KeptCodes;
  readonly elsewhere: AskElsewhere | undefined;
}

/** Answers lead to new questions (a code's parents, another part of the set); more rounds than this are no honest work. */
const MAX_ROUNDS = 8;
/** Questions of one piece of work. */
const MAX_QUESTIONS = 5000;

export function createTerminologyService({ pure, codes, elsewhere }: ServiceParts): TerminologyService {
  async function settle<T>(run: (terminology: Terminology) => T, request: RequestParts = {}): Promise<T> {
    const kept = await codes.systems();
    const known = createAnswers();
    for (let round = 1; ; round += 1) {
      const asked = new Map<string, OutsideQuestion>();
      const outside = outsideSystems(kept, known, (question) => void asked.set(questionKey(question), question));
      const plain = kept.length === 0 && Object.keys(request).length === 0;
      const result = attempt(() => run(plain ? pure : pure.with({ ...request, ...(kept.length === 0 ? {} : { outside }) })));
      const over = round >= MAX_ROUNDS || known.size() + asked.size > MAX_QUESTIONS;
      if (asked.size === 0 || over) return result();
      await Promise.all([...asked].map(async ([key, question]) => known.put(key, await answerTo(codes, question))));
    }
  }

  const verdictOn = ({ valueSet, system, version, code }: CodeQuestion): Promise<Verdict> =>
    settle((terminology) => {
      const membership = terminology.membership(valueSet ?? '');
      return system === undefined ? membership.code(code) : membership.coding({ system, code, ...(version === undefined ? {} : { version }) });
    });
  return {
    pure,
    settle,
    kept: () => codes.systems(),
    elsewhere: async (question) => elsewhere?.(question),
    confirm: async (question) => {
      if (question.valueSet === undefined) return 'unknown';
      const verdict = await verdictOn(question);
      return verdict.is === 'unknown' && elsewhere !== undefined ? confirmationOf(await elsewhere(question)) : verdict.is;
    },
  };
}

const confirmationOf = (answer: boolean | undefined): Confirmation => (answer === undefined ? 'unknown' : answer ? 'in' : 'out');

/** What the work gave, or threw: it is thrown again only when no answer can change it any more. */
function attempt<T>(run: () => T): () => T {
  try {
    const result = run();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

type Answer = KeptConcept | readonly KeptConcept[] | null;

interface Answers extends OutsideAnswers {
  put(key: string, answer: Answer): void;
  size(): number;
}

function createAnswers(): Answers {
  const answers = new Map<string, Answer>();
  return {
    // each key says which kind of answer is under it
    concept: (question) => answers.get(questionKey(question)) as KeptConcept | null | undefined,
    select: (question) => answers.get(questionKey(question)) as readonly KeptConcept[] | null | undefined,
    put: (key, answer) => void answers.set(key, answer),
    size: () => answers.size,
  };
}

const answerTo = async (codes: KeptCodes, question: OutsideQuestion): Promise<Answer> =>
  (question.ask === 'concept' ? await codes.concept(question) : await codes.select(question)) ?? null;
