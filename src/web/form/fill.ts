/** The page on which a form is filled in. */
import type { Patient } from 'fhir/r4';
import { readNow } from '../../exchange/find.ts';
import type { PageResponse } from '../../http/message.ts';
import { sayOf } from '../../questionnaire/translate.ts';
import type { Reader } from '../../store/store.ts';
import type { PageDeps } from '../deps.ts';
import { type Content, type Html, html } from '../html.ts';
import { nameOf } from '../person.ts';
import { isAdaptiveResponse } from './adaptive.ts';
import { answerWords } from './answer-words.ts';
import { choicesIn } from './choices.ts';
import { firstInput } from './controls/kinds.ts';
import type { Draft } from './drafts.ts';
import { fillerWords, isByStaff } from './filler.ts';
import { formPage } from './frame.ts';
import { drawNodes, hasFilledIn, isShown, labelOf, withCalculated } from './item.ts';
import { idOf } from './keys.ts';
import { draftNotice, nameOfLanguage, offeredBy } from './languages.ts';
import type { Problems } from './problems.ts';
import { referableTo } from './referable.ts';
import { entryModeOf } from './rendering.ts';
import { type Pace, questionsOn, type Screen, screensOf } from './screens.ts';
import type { Speech } from './speech.ts';
import { spoken } from './speech.ts';
import { standingOf } from './state.ts';
import { richText } from './text.ts';
import { everyNode, isAnswered, type Node } from './tree.ts';
import type { View } from './view.ts';

/** The form as it is to be shown. */
export interface Shown {
  readonly draft: Draft;
  readonly nodes: readonly Node[];
  readonly speech: Speech;
  readonly pace: Pace;
  /** Number of the screen, from 1; one more than there are: the page to look all over. */
  readonly at: number;
  readonly problems?: Problems;
  readonly typed?: ReadonlyMap<string, string>;
  readonly more?: ReadonlySet<string>;
  readonly fresh?: ReadonlySet<string>;
  /** Told above the questions. */
  readonly said?: Content;
  readonly status?: number;
}

export async function viewOf(deps: PageDeps, reader: Reader, shown: Omit<Shown, 'at' | 'pace'>): Promise<View> {
  const { draft, nodes, speech, problems = new Map(), typed = new Map(), more = new Set(), fresh = new Set() } = shown;
  const state = await standingOf(draft, nodes, deps.outside(reader));
  return {
    speech,
    state,
    typed,
    problems,
    more,
    fresh,
    choices: choicesIn(draft.plan, state, speech),
    referable: await referableTo(deps, reader, draft),
    timeZone: deps.timeZone,
  };
}

export async function fillPage(deps: PageDeps, reader: Reader, shown: Shown): Promise<PageResponse> {
  const view = await viewOf(deps, reader, shown);
  const patient = await readNow<Patient>(reader, shown.draft.response.subject?.reference ?? '');
  const screens = screensOf(shown.nodes, view, shown.pace);
  const screen = screens[shown.at - 1];
  const about = aboutForm(shown, patient);
  const body = screen === undefined ? reviewBody(shown, screens, view) : screenBody(shown, { screen, of: screens.length }, view);
  return formPage(
    { ...deps, speech: shown.speech, home: homeOf(shown), ...(shown.status === undefined ? {} : { status: shown.status }) },
    html`${about}${summary(shown, view)}${shown.said}${toCheck(screen?.nodes ?? shown.nodes, view)}${form(shown, screen, html`${body}${actions(shown, { screens, screen })}`)}`,
  );
}

const homeOf = ({ draft }: Shown): string | undefined => (isByStaff(draft.response) ? '/' : undefined);

function aboutForm({ draft, speech }: Shown, patient: Patient | undefined): Html {
  const { questionnaire } = draft.plan;
  const title = sayOf(questionnaire, 'title', speech.tongue);
  const filler = fillerWords(draft.response, speech);
  return html`<h1>${title === undefined ? speech.word('forms') : spoken(title, speech)}</h1>${patient !== undefined && html`<p class="soft who">${speech.word('for', { name: nameOf(patient) })}${filler !== undefined && html` · ${filler}`}</p>`}${draftNotice(speech, questionnaire)}`;
}

/** Where something on the page was filled in from what is known. */
function toCheck(nodes: readonly Node[], view: View): Content {
  const isThere = questionsOn({ nodes }, view).some(hasFilledIn);
  return isThere && html`<p class="filled" role="note">${view.speech.word('someFilledIn')}</p>`;
}

/** Lists what is wrong, each with a link to its field; has the focus when the page opens. */
function summary(shown: Shown, view: View): Content {
  const { nodes, speech, problems = new Map<string, readonly string[]>() } = shown;
  const listed = [...everyNode(nodes)].flatMap((node) => {
    const texts = problems.get(node.key) ?? [];
    const target = node.kind === 'question' ? idOf(firstInput(node, view.choices(node)?.length)) : idOf(node.key);
    return texts.map((text) => html`<li><a href="#${target}">${labelOf(node, speech)}</a>: ${text}</li>`);
  });
  if (listed.length === 0) return undefined;
  return html`<div class="problem" role="alert" id="summary" tabindex="-1" autofocus><h2>${speech.word('problemTitle')}</h2><p>${speech.word('problemText')}</p><ul>${listed}</ul></div>`;
}

function form({ draft, at, pace, speech, nodes }: Shown, screen: Screen | undefined, content: Html): Html {
  const hasFile = [...everyNode(nodes)].some(({ item }) => item.definition.type === 'attachment');
  const { id, meta } = draft.response;
  return html`<form method="post" action="/form/draft/${id}" id="form" novalidate${hasFile && html` enctype="multipart/form-data"`} data-offline="${speech.word('offline')}" data-saving="${speech.word('saving')}" data-sending="${speech.word('sending')}" data-saved="${speech.word('savedNow')}" data-more="${speech.word('shownMore')}" data-fewer="${speech.word('shownFewer')}">
<button type="submit" name="do" value="${pace === 'one' && screen !== undefined ? 'next' : 'save'}" class="unseen" tabindex="-1" aria-hidden="true">${speech.word('save')}</button>
<input type="hidden" name="version" value="${meta?.versionId}"><input type="hidden" name="at" value="${at}"><input type="hidden" name="screen" value="${screen?.key}"><input type="hidden" name="pace" value="${pace}"><input type="hidden" name="lang" value="${speech.language}">${content}</form>`;
}

interface Place {
  readonly screen: Screen;
  readonly of: number;
}

function screenBody(shown: Shown, { screen, of }: Place, view: View): Html {
  const { speech, at, pace } = shown;
  const around = screen.within.map((group) => html`<div class="around">${richText(group.item, speech)}</div>`);
  const counted = of > 1 ? speech.word(pace === 'one' ? 'question' : 'page', { n: at, of }) : answeredWords(screen, view);
  const progress = isAdaptiveResponse(shown.draft.response) ? speech.word('questionN', { n: at }) : counted;
  return html`<p class="progress" id="progress">${progress}</p>${around}<div class="questions">${drawNodes(screen.nodes, view)}</div>`;
}

function answeredWords(screen: Screen, view: View): string {
  const questions = questionsOn(screen, view);
  return view.speech.word('answered', { n: questions.filter(isAnswered).length, of: questions.length });
}

/** Everything that was answered, to be looked over before it is sent. */
function reviewBody(shown: Shown, screens: readonly Screen[], view: View): Html {
  const { speech } = shown;
  const rows = screens.flatMap((screen, n) => answersOn(screen, view).map((row) => reviewRow(row, isOneWay(shown) ? undefined : n + 1, speech)));
  return html`<h2>${speech.word('review')}</h2><p>${speech.word('reviewText')}</p><dl class="review">${rows}</dl>`;
}

/** Answers that were given are not to be seen again before they are sent. */
const isOneWay = ({ draft }: Pick<Shown, 'draft'>): boolean => entryModeOf(draft.plan.questionnaire) === 'sequential';

interface Row {
  readonly node: Node;
  readonly words: Content;
}

function answersOn(screen: Screen, view: View): readonly Row[] {
  return [...everyNode(screen.nodes)]
    .filter((node) => isShown(node, view))
    .flatMap((node): readonly Row[] => {
      if (node.kind !== 'question') return [];
      const words = withCalculated(node, view).answers.map(({ value }, n) => html`${n > 0 && ', '}${answerWords(node, value, view)}`);
      const mark = hasFilledIn(node) && html` <span class="filled">${view.speech.word('filledInMark')}</span>`;
      return [{ node, words: words.length === 0 ? html`<span class="soft">${view.speech.word('notAnswered')}</span>` : html`${words}${mark}` }];
    });
}

/** `at`: the page on which it can be changed. */
const reviewRow = ({ node, words }: Row, at: number | undefined, speech: Speech): Html =>
  html`<div><dt id="${idOf(node.key)}">${labelOf(node, speech)}</dt><dd>${words}</dd>${at !== undefined && html`<dd><button type="submit" class="plain" name="do" value="at:${at}" aria-describedby="${idOf(node.key)}">${speech.word('changeAnswer')}</button></dd>`}</div>`;

/** Where one can go from here. The likeliest comes first. */
function actions({ draft, at, speech, pace }: Shown, { screens, screen }: { screens: readonly Screen[]; screen: Screen | undefined }): Html {
  const { word } = speech;
  const button = (value: string, words: string, look: string): Html =>
    html`<button type="submit" name="do" value="${value}" class="${look}">${words}</button> `;
  const isAdaptive = isAdaptiveResponse(draft.response);
  const isAll = screens.length <= 1 && screen !== undefined && !isAdaptive;
  const oneWay = isOneWay({ draft });
  const goesBack = at > 1 && !oneWay;
  const forward =
    screen === undefined || isAll
      ? button('send', word('send'), 'big')
      : button('next', at < screens.length || isAdaptive ? word('next') : word('toReview'), 'big');
  const refresh = isAll && html`<span class="without-script">${button('save', word('updateQuestions'), 'quiet')}</span>`;
  return html`<div class="actions">${forward}${goesBack && button('back', word('back'), 'quiet')}${refresh}${button('leave', word('save'), 'quiet')}</div>
<p class="saved" id="saved" role="status"></p>${screens.length > 0 && !isAdaptive && !oneWay && paceChoice(pace, speech)}${languageChoice(draft, speech)}`;
}

function paceChoice(pace: Pace, { word }: Speech): Html {
  const other = pace === 'all' ? 'one' : 'all';
  return html`<p class="choose"><button type="submit" class="plain" name="do" value="pace:${other}">${word(other === 'one' ? 'showOne' : 'showAll')}</button></p>`;
}

function languageChoice({ plan }: Draft, { language, word }: Speech): Content {
  const others = offeredBy(plan.questionnaire).filter((tag) => tag !== language);
  return (
    others.length > 0 &&
    html`<p class="choose">${word('language')}: ${others.map((tag) => html`<button type="submit" class="plain" name="do" value="lang:${tag}" lang="${tag}">${nameOfLanguage(tag)}</button> `)}</p>`
  );
}
