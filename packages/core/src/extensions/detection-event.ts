import type { Answer, RequestTraits } from '../bouncer/request-observer.js';

/** What a detector can ask for: each request, each answer, and what the application itself tells by `observe()`. */
export type EventKind = 'request' | 'response' | AppEventKind;

/** An event of the application, `[a-z0-9-]` after the colon: `app:login-failed`. */
export type AppEventKind = `app:${string}`;

/** Something that happened, about one client. Without bodies, cookies, queries and credentials: no detector sees them. */
export type DetectionEvent = RequestEvent | ResponseEvent | AppEvent;

interface EventBase {
  /** The client's address in canonical spelling, as the bouncer tells it. */
  readonly ip: string;
  /** When it happened, in ms since the epoch. */
  readonly at: number;
}

/** A request that was judged: it comes before the handler runs. Requests that `skip` names have none. */
export interface RequestEvent extends EventBase, RequestTraits {
  readonly kind: 'request';
}

/** A request that was answered, by the application or by a refusal. */
export interface ResponseEvent extends EventBase, RequestTraits, Answer {
  readonly kind: 'response';
}

/** What the application told by {@link Crowdsec.observe}. */
export interface AppEvent extends EventBase {
  readonly kind: AppEventKind;
  readonly facts: AppFacts;
}

/** Facts of an application's event, such as `{ user: 'alice' }`: at most 20, texts of at most 500 characters. */
export type AppFacts = Readonly<Record<string, string | number | boolean>>;

/** What {@link Crowdsec.observe} is told: the client's address, `undefined` where nobody can tell it, and the facts. */
export interface ObservedFacts {
  readonly ip: string | undefined;
  readonly [fact: string]: string | number | boolean | undefined;
}
