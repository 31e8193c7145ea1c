/** The words of an item as they are to be shown: rich where the questionnaire gives them so, always safe. */
import type { PlanItem } from '../../questionnaire/plan.ts';
import { besides, type Said } from '../../questionnaire/translate.ts';
import { type Html, html } from '../html.ts';
import { shownBy } from './rendering.ts';
import { fromMarkdown, fromXhtml } from './rich-text.ts';
import { type Speech, saidIn, spoken } from './speech.ts';

export function richText({ definition }: PlanItem, speech: Speech): Html {
  const plain = saidIn(definition, 'text', speech);
  if (plain === undefined) return html``;
  const beside = besides(definition, 'text') ?? {};
  const [xhtml] = shownBy(beside, 'xhtml').flatMap((extension) => saidIn(extension, 'valueString', speech) ?? []);
  if (xhtml !== undefined && xhtml.language === plain.language) return inTongue(fromXhtml(xhtml.text), xhtml, speech);
  const [markdown] = shownBy(beside, 'markdown').flatMap((extension) => saidIn(extension, 'valueMarkdown', speech) ?? []);
  if (markdown !== undefined && markdown.language === plain.language) return inTongue(fromMarkdown(markdown.text), markdown, speech);
  return spoken(plain, speech);
}

const inTongue = (rich: Html, { language }: Said, speech: Speech): Html =>
  language === undefined || language === speech.page ? rich : html`<div lang="${language}" dir="auto">${rich}</div>`;
