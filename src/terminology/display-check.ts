/** Whether a display is one that a code goes by. https://hl7.org/fhir/R4/datatypes.html#Coding, "display" */
import type { Issue } from '../fhir/outcome.ts';
import { isWithin, type LanguageWishes, type Worded, type Wording, wordingsOf } from './language.ts';
import { txIssue } from './tx-issue.ts';

export interface DisplayWish {
  readonly display: string;
  readonly languages: LanguageWishes | undefined;
  /** A wrong display is a warning, not an error. */
  readonly lenient: boolean;
  /** Where the display stands. */
  readonly expression: string;
}

const MAX_NAMED = 8;

const fold = (text: string): string => text.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase();

/** Letters' case and runs of blanks make no difference. Nothing where the code has no words to compare with. */
export function displayIssues(worded: Worded, code: string, wish: DisplayWish): readonly Issue[] {
  const wordings = wordingsOf(worded);
  if (wordings.length === 0) return [];
  const spoken = inLanguages(wordings, wish.languages);
  const allowed = spoken.length > 0 ? spoken : wordings;
  const found = allowed.filter(({ value }) => fold(value) === fold(wish.display));
  if (found.length === 0) return [wrong(allowed, code, wish)];
  if (found.every(({ outdated }) => outdated))
    return [
      txIssue(
        'warning',
        'display-comment',
        `"${wish.display}" is a former display of ${code}; now it is ${named(allowed.filter(({ outdated }) => !outdated))}.`,
        wish.expression,
      ),
    ];
  // Where the system does not say in which language its displays are, nothing is known to be missing.
  if (spoken.length > 0 || wordings.some(({ language }) => language === undefined)) return [];
  return [
    txIssue(
      'information',
      'display-comment',
      `No display of ${code} is known in ${wish.languages?.text ?? ''}; "${wish.display}" is right as such.`,
      wish.expression,
    ),
  ];
}

const inLanguages = (wordings: readonly Wording[], wishes: LanguageWishes | undefined): readonly Wording[] =>
  wishes === undefined || wishes.tags.length === 0
    ? wordings
    : wordings.filter(({ language }) => language !== undefined && wishes.tags.some((tag) => isWithin(language, tag)));

function wrong(allowed: readonly Wording[], code: string, { display, languages, lenient, expression }: DisplayWish): Issue {
  const among = languages === undefined || languages.tags.length === 0 ? '' : ` (in ${languages.text})`;
  const text = `"${display.slice(0, 200)}" is not a display of ${code}${among}; right would be ${named(allowed.filter(({ outdated }) => !outdated))}.`;
  return txIssue(lenient ? 'warning' : 'error', 'invalid-display', text, expression);
}

function named(wordings: readonly Wording[]): string {
  const values = [...new Set(wordings.map(({ value, language }) => (language === undefined ? `"${value}"` : `"${value}" (${language})`)))];
  const shown = values.slice(0, MAX_NAMED).join(' or ');
  return values.length > MAX_NAMED ? `${shown} or one of ${values.length - MAX_NAMED} more` : shown;
}
