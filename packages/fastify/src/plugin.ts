import type { BouncerResponse, Crowdsec, CrowdsecOptions } from '@crowdsec-sdk/core';
import {
  followAnswer,
  hostedCrowdsec,
  nodeFacts,
  nodeHeaders,
  type HostedCrowdsec,
  type SettledVerdict,
} from '@crowdsec-sdk/core/adapter';
import type { FastifyInstance, FastifyReply } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyInstance {
    /** The agent behind the plugin. */
    readonly crowdsec: Crowdsec;
  }
  interface FastifyRequest {
    /**
     * Who is calling, and what CrowdSec found: in each handler and hook that comes after the plugin's `onRequest`, of requests that are
     * refused too (`onSend`, `onResponse`). `null` in `onRequest` hooks that were added before the plugin.
     */
    crowdsec: SettledVerdict;
  }
}

/**
 * Refuses clients that CrowdSec decided against, on every route; register it before anything else.
 *
 * ```ts
 * await app.register(crowdsecPlugin, { env: 'prod', scenarios: ['acme/login-bruteforce'], trustedProxies: 'private' });
 * await app.register(crowdsecPlugin, { crowdsec }); // an agent of yours: start and stop it yourself
 * ```
 *
 * An agent that is made of options is started at once and stopped by `app.close()`, when the last request was answered.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` with the path of the wrong option, from `register`
 */
export const crowdsecPlugin = fastifyPlugin<CrowdsecOptions | { readonly crowdsec: Crowdsec }>(
  (app, options, done) => {
    try {
      guard(app, hostedCrowdsec('crowdsec' in options ? options.crowdsec : options));
      done();
    } catch (error) {
      done(error as Error);
    }
  },
  { name: '@crowdsec-sdk/fastify', fastify: '5.x' },
);

function guard(app: FastifyInstance, { crowdsec, owned }: HostedCrowdsec): void {
  const { bouncer } = crowdsec;
  // Registered once more, here or in a scope around this one, it guards a second time and adds nothing.
  if (!Object.hasOwn(app, 'crowdsec')) app.decorate('crowdsec', crowdsec);
  if (!app.hasRequestDecorator('crowdsec')) app.decorateRequest<SettledVerdict | null>('crowdsec', null);
  app.addHook('onRequest', (request, reply, next) => {
    const known = bouncer.verdicts.of(request.raw);
    if (known !== undefined) {
      request.crowdsec = known;
      return next();
    }
    const facts = nodeFacts(request.raw, request.originalUrl);
    const follow = (verdict: SettledVerdict): void => {
      followAnswer(bouncer, facts, verdict, reply.raw);
      request.crowdsec = verdict;
      if (verdict.action === 'block') return refuse(reply, verdict.response);
      bouncer.verdicts.keep(request.raw, verdict);
      next();
    };
    const verdict = bouncer.inspect(facts);
    if (verdict.settled === undefined) follow(verdict);
    else void verdict.settled.then(follow);
  });
  if (owned) app.addHook('onClose', () => crowdsec.stop());
}

function refuse(reply: FastifyReply, answer: BouncerResponse): void {
  // As bytes, Fastify leaves the content type as it is.
  void reply.code(answer.status).headers(nodeHeaders(answer)).send(Buffer.from(answer.body));
}
