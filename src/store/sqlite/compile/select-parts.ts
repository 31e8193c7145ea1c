/** The parts of a statement that finds log positions, before it is put together. */
import type { Tree } from '../../../search/ast.ts';
import type { Sql } from '../sql.ts';

export interface Select {
  readonly from: Sql;
  readonly where: Sql;
  /** The column of the log position. */
  readonly seq: Sql;
  /** Whether it can yield a resource more than once. */
  readonly repeats: boolean;
  /** Which of the folds it answers besides. */
  readonly answers: readonly Tree[];
  /** The alias of the `entry` row it reads, where that carries the clinical date. */
  readonly row?: string;
  /** The rows of one resource type come latest clinical date first, then in the order of writing. */
  readonly ordered?: boolean;
  /** Whether only rows with a clinical date are left. */
  readonly dated?: boolean;
  /** Statements that read what this one is led by; none where that is known to be short. */
  readonly leads: readonly Sql[];
}
