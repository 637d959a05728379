/** A mistake in the configuration or its absence: the command ends with the exit code 2. */
export class ConfigError extends Error {
  readonly code = 'CROWDSEC_CONFIG_INVALID';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}
