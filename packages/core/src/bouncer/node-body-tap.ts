import { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { STALLED_BODY_MS, type RequestBody } from './request-body.js';

type Push = (chunk: unknown, encoding?: BufferEncoding) => boolean;

/**
 * Sees each piece of a request's body as the HTTP parser hands it to the request (`push`), and leaves it there. So nothing is consumed and
 * nothing has to be put back. While somebody waits for the whole body it lets the request buffer more than a stream usually does, up to
 * the limit, and holds back the news that the client went away, so that whoever reads the request afterwards gets to hear it.
 */
export class NodeBodyTap {
  readonly #request: Readable;
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #end: RequestBody | undefined;
  #reading: Promise<RequestBody> | undefined;
  #done: (body: RequestBody) => void = () => undefined;
  #stalled: NodeJS.Timeout | undefined;
  #untap: () => void = () => undefined;

  constructor(request: Readable, maxBytes: number) {
    this.#request = request;
    this.#maxBytes = maxBytes;
    if (request.destroyed) this.#conclude('aborted');
    else if (!this.#takeBuffered()) this.#tap();
  }

  /** What the body came to, once that is known. */
  read(): Promise<RequestBody> {
    if (this.#end !== undefined) return Promise.resolve(this.#end);
    return (this.#reading ??= this.#wait());
  }

  #wait(): Promise<RequestBody> {
    const restoreDestroy = this.#deferDestroy();
    this.#stalled = setTimeout(() => this.#conclude('stalled'), STALLED_BODY_MS).unref();
    const reading = new Promise<RequestBody>((resolve) => {
      this.#done = (body) => {
        clearTimeout(this.#stalled);
        restoreDestroy();
        resolve(body);
      };
    });
    // HTTP/2, and requests that are made up, bring nothing before somebody asks.
    if (!(this.#request instanceof IncomingMessage)) {
      discardOnceAnswered(this.#request);
      this.#request.read(0);
    }
    return reading;
  }

  /** What came before, in the time of an asynchronous middleware. @returns whether that was all */
  #takeBuffered(): boolean {
    const request = this.#request;
    if (request.readableLength === 0) return false;
    const chunks: Buffer[] = [];
    for (let chunk = request.read() as Buffer | null; chunk !== null; chunk = request.read() as Buffer | null)
      chunks.push(chunk);
    // Before anything else happens: the stream has not noticed that it was empty.
    for (const chunk of chunks.toReversed()) request.unshift(chunk);
    if (request instanceof IncomingMessage) forgetReading(request);
    for (const chunk of chunks) if (!this.#take(chunk)) return true;
    if (request instanceof IncomingMessage && request.complete) {
      this.#conclude('whole');
      return true;
    }
    // The connection is held up when the buffer of the request is full.
    if (request.readableLength >= request.readableHighWaterMark && request instanceof IncomingMessage)
      request.socket.resume();
    return false;
  }

  #tap(): void {
    const request = this.#request;
    const push = request.push.bind(request) as Push;
    const own = Object.getOwnPropertyDescriptor(request, 'push');
    const closed = (): void => this.#conclude('aborted');
    request.once('close', closed);
    request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      const wantsMore = push(chunk, encoding);
      if (chunk === null) this.#conclude(isAborted(request) ? 'aborted' : 'whole');
      else if (this.#take(toBuffer(chunk, encoding))) return wantsMore || this.#reading !== undefined;
      return wantsMore;
    };
    this.#untap = () => {
      request.off('close', closed);
      if (own === undefined) Reflect.deleteProperty(request, 'push');
      else Object.defineProperty(request, 'push', own);
    };
  }

  /** @returns whether there is room for more */
  #take(chunk: Buffer): boolean {
    this.#stalled?.refresh();
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#maxBytes) {
      this.#conclude('large');
      return false;
    }
    this.#chunks.push(chunk);
    return true;
  }

  #conclude(kind: Exclude<RequestBody['kind'], 'none' | 'consumed'>): void {
    if (this.#end !== undefined) return;
    const [only] = this.#chunks;
    const bytes = (): Buffer => (this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks));
    this.#end = kind === 'whole' ? { kind, bytes: bytes(), maybeUnpacked: false } : { kind };
    this.#chunks = [];
    this.#untap();
    this.#done(this.#end);
  }

  /** A request that was destroyed tells nobody who comes later: parsers would wait for ever, or take it for one without a body. */
  #deferDestroy(): () => void {
    const request = this.#request;
    const own = Object.getOwnPropertyDescriptor(request, 'destroy');
    const restore = (): void => {
      if (own === undefined) Reflect.deleteProperty(request, 'destroy');
      else Object.defineProperty(request, 'destroy', own);
    };
    let deferred: (() => void) | undefined;
    request.destroy = (error?: Error) => {
      deferred = () => void request.destroy(error);
      this.#conclude('aborted');
      return request;
    };
    return () => {
      restore();
      if (deferred === undefined) return;
      // Whoever reads it may destroy it first, as one who finds that there is nobody to answer. Its pieces would still be on their way to
      // him then: the stream of `Readable.toWeb` throws where nobody can catch it when one comes after it was cancelled.
      request.destroy = (error?: Error) => {
        restore();
        return request.pause().destroy(error);
      };
      setImmediate(deferred);
    };
  }
}

/**
 * Has the server pull the rest of the body off the connection once the request was answered, unless somebody reads it. It does so for
 * requests of which nobody has read anything.
 */
function forgetReading(request: IncomingMessage): void {
  (request as { _consumed?: boolean })._consumed = false;
}

/** A stream of HTTP/2 of which something was read stays open until all of it was, also when its answer is long there. */
function discardOnceAnswered(request: Readable): void {
  const { stream } = request as { readonly stream?: Duplex };
  stream?.once('finish', () => {
    if (request.readableFlowing === null) request.resume();
  });
}

function isAborted(request: Readable): boolean {
  return (request as { readonly aborted?: boolean }).aborted === true;
}

function toBuffer(chunk: unknown, encoding: BufferEncoding | undefined): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : (chunk as Buffer);
}
