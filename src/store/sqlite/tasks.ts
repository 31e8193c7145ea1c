/** Compiled reads: values that any thread with a connection can carry out. */
import type { HistoryPage, Page } from '../store.ts';
import { type HistoryPlan, runHistory } from './history.ts';
import { runSearch, type SearchPlan } from './search.ts';
import type { Statements } from './statements.ts';

export type Task = { readonly task: 'search'; readonly plan: SearchPlan } | { readonly task: 'history'; readonly plan: HistoryPlan };

export const runTask = (statements: Statements, { task, plan }: Task): Page | HistoryPage =>
  task === 'search' ? runSearch(statements, plan) : runHistory(statements, plan);
