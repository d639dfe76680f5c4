/** An option, in the notation of commander: `-b, --bytes`, `--config <file>`. */
export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
}
