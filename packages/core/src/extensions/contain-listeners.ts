type AbortListener = Parameters<AbortSignal['addEventListener']>[1];

/**
 * Makes listeners of a signal harmless that throw or reject: Node would end the process for them. The signal stays what it is for
 * `fetch`, `AbortSignal.any` and the like.
 */
export function containListeners(signal: AbortSignal, onError: (error: unknown) => void): AbortSignal {
  const wrappers = new WeakMap<object, (event: Event) => void>();
  const wrapped = (listener: AbortListener): AbortListener => {
    const known = wrappers.get(listener) ?? ((event: Event): void => contained(listener, signal, event, onError));
    wrappers.set(listener, known);
    return known;
  };
  const addEventListener = signal.addEventListener.bind(signal);
  const removeEventListener = signal.removeEventListener.bind(signal);
  let onabort: AbortSignal['onabort'] = null;
  addEventListener('abort', (event) => {
    if (onabort !== null) contained(onabort, signal, event, onError);
  });
  Object.defineProperties(signal, {
    addEventListener: {
      value: (type: string, listener: AbortListener, options?: Parameters<AbortSignal['addEventListener']>[2]) =>
        addEventListener(type, wrapped(listener), options),
    },
    removeEventListener: {
      value: (type: string, listener: AbortListener, options?: Parameters<AbortSignal['removeEventListener']>[2]) =>
        removeEventListener(type, wrapped(listener), options),
    },
    onabort: {
      get: () => onabort,
      set(listener: AbortSignal['onabort']) {
        onabort = typeof listener === 'function' ? listener : null;
      },
    },
  });
  return signal;
}

function contained(
  listener: NonNullable<AbortListener>,
  signal: AbortSignal,
  event: Event,
  onError: (error: unknown) => void,
): void {
  try {
    const answer: unknown = typeof listener === 'function' ? listener.call(signal, event) : listener.handleEvent(event);
    Promise.resolve(answer).catch(onError);
  } catch (error) {
    onError(error);
  }
}
