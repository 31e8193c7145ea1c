/** Every kind of search parameter, each in a file of its own. A new kind is a file and a row. */
import type { Param, ParamKind } from '../param.ts';
import { compositeKind } from './composite.ts';
import { dateKind } from './date.ts';
import { badValue, type Kind } from './kind.ts';
import { numberKind } from './number.ts';
import { quantityKind } from './quantity.ts';
import { referenceKind } from './reference.ts';
import { stringKind } from './string.ts';
import { identifierTypeKind, tokenKind } from './token.ts';
import { uriKind } from './uri.ts';

/** Parameters with rules all their own (`near`): none is searchable yet. */
const specialKind: Kind = {
  modifiers: [],
  parse: (asked) => {
    throw badValue(asked, 'this parameter is not supported yet.');
  },
  readers: new Map(),
  manyFrom: [],
  guess: () => '',
  compare: () => false,
};

const KINDS: Readonly<Record<ParamKind, Kind>> = {
  number: numberKind,
  date: dateKind,
  string: stringKind,
  token: tokenKind,
  reference: referenceKind,
  composite: compositeKind((kind) => KINDS[kind]),
  quantity: quantityKind,
  uri: uriKind,
  special: specialKind,
};

/** The suffix of the parameters that hold identifiers by their type. */
export const OF_TYPE = ':of-type';
/** The suffix of the parameters that hold the logical identifiers of references. */
export const IDENTIFIER = ':identifier';

export const kindOf = (param: Param): Kind => (param.code.endsWith(OF_TYPE) ? identifierTypeKind : KINDS[param.kind]);
