import { Inject } from '@nestjs/common';

/** The token of the `Crowdsec` instance that {@link CrowdsecModule} runs. */
export const CROWDSEC = Symbol.for('@crowdsec-sdk/nestjs:CROWDSEC');

/**
 * Injects the agent.
 *
 * ```ts
 * constructor(@InjectCrowdsec() private readonly crowdsec: Crowdsec) {}
 * ```
 */
export const InjectCrowdsec = (): ParameterDecorator & PropertyDecorator => Inject(CROWDSEC);
