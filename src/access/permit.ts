/**
 * What a caller may do, as data. A permit narrows the store (`restrict`) and is asked by `record.commit` for every
 * resource before and after a write. An empty list of grants means nothing, never everything.
 */
import type { Tree } from '../search/ast.ts';

export type Action = 'create' | 'read' | 'update' | 'delete' | 'search' | 'history';

/** Leave to do some actions on the resources of one type that satisfy a tree. */
export interface Grant {
  readonly type: string;
  readonly actions: readonly Action[];
  readonly where: Tree;
}

export interface Permit {
  /** Who is acting, for Provenance and the log. */
  readonly actor: { readonly reference?: string; readonly display: string };
  /** True only for the permit that sees and may do all (`AUTH=off`, the system itself). */
  readonly everything: boolean;
  /** Ignored where `everything` is true. */
  readonly grants: readonly Grant[];
}

/** The permit for everything: what `AUTH=off` gives to every caller, and what the server's own workers hold. */
export const everythingAs = (display: string, reference?: string): Permit =>
  Object.freeze({ actor: Object.freeze(reference === undefined ? { display } : { display, reference }), everything: true, grants: Object.freeze([]) });
