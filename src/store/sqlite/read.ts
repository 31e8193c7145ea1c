/** Searches and histories: compiled on the main thread, carried out there where that is short, in a reading thread otherwise. */
import { FhirError } from '../../fhir/outcome.ts';
import type { Ref } from '../../fhir/resource.ts';
import type { Query, Tree } from '../../search/ast.ts';
import type { HistoryPage, HistoryQuery, Page } from '../store.ts';
import { type Context, newContext } from './compile/context.ts';
import type { Facts } from './compile/facts.ts';
import { includePlans } from './compile/include.ts';
import { pagePlan } from './compile/page.ts';
import { positions, select } from './compile/select.ts';
import { widened, widenedQuery } from './compile/widen.ts';
import { historyPlan } from './history.ts';
import type { Names } from './names.ts';
import type { ReaderPool } from './reader-pool.ts';
import { isLong, type SearchPlan } from './search.ts';
import { sql } from './sql.ts';
import type { Statements } from './statements.ts';
import { runTask, type Task } from './tasks.ts';

/** A search that is led by no more rows than this stays on the main thread; a longer one would hold up everything else. */
const SHORT_ROWS = 1000;

/** A condition of a write is looked up while every other write waits: what is led by more rows than this is refused. */
const CONDITION_ROWS = 10_000;

const tooLong = (type: string): FhirError =>
  new FhirError(
    'too-costly',
    `This condition would have to look through more than ${CONDITION_ROWS} resources while others wait to write. Add what tells one ${type} from the others, as an identifier does.`,
  );

export interface Reading {
  search(query: Query): Promise<Page>;
  history(query: HistoryQuery): Promise<HistoryPage>;
  /** References of at most two that the tree finds. Synchronous, for use inside a write. */
  find(type: string, where: Tree): readonly Ref[];
}

export interface ReadingParts {
  readonly statements: Statements;
  readonly names: Names;
  readonly facts: Facts;
  readonly pool: ReaderPool;
}

export function readingWith({ statements, names, facts, pool }: ReadingParts): Reading {
  const context = (): Context => newContext(facts, (kind, text) => names.find(kind, text));
  const run = async (task: Task, long: boolean): Promise<unknown> => (long ? pool.run(task) : runTask(statements, task));
  return {
    search: async (query) => {
      const plan = searchPlan(context(), query);
      return (await run({ task: 'search', plan }, isLong(statements, plan, SHORT_ROWS))) as Page;
    },
    history: async (query) => {
      const plan = historyPlan(context().number, query);
      return (await run({ task: 'history', plan }, readsMuch(query))) as HistoryPage;
    },
    find: (type, where) => {
      const asked = select(context(), widened(facts, where), { type, depth: 0 });
      if (isLong(statements, asked, CONDITION_ROWS)) throw tooLong(type);
      const found = positions(asked);
      return statements.all(sql`SELECT v.ref FROM (${found} ORDER BY 1 LIMIT 2) m CROSS JOIN log v WHERE v.seq = m.seq`).map(([ref]) => String(ref));
    },
  };
}

export function searchPlan(context: Context, asked: Query): SearchPlan {
  const query = widenedQuery(context.facts, asked);
  return { ...pagePlan(context, query), includes: includePlans(context, query.include) };
}

/** The versions of one resource are few, and the newest of all are read from the end; with a bound in time, or to be counted, there is no telling. */
const readsMuch = ({ id, since, at, total }: HistoryQuery): boolean => id === undefined && (since !== undefined || at !== undefined || total === true);
