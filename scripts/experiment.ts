import { InvalidArgumentError, Option } from "commander";
import { experiments } from "../experiments";
import { catalogues, languages } from "../experiments/catalogue";
import type { OptionSpec } from "../experiments/experiment";
import { defaultStack } from "../lib/commandLines";
import { flagOf, languageOf, listExperiments, runExperiment, type RunOptions } from "./lib/experiment";
import { onStack, stackCommand } from "./lib/stackCommand";

const language = languageOf(process.argv.slice(2));
const texts = catalogues[language];
const words = texts.command;

function toOption(name: string, description: string, spec: OptionSpec): Option {
    switch (spec.kind) {
        case "flag":
            return new Option(flagOf(name), description).default(false, "");
        case "choice": {
            const about = `${description} (${words.byDefault(spec.default)})`;
            return new Option(`${flagOf(name)} <name>`, about).choices([...spec.choices]).default(spec.default);
        }
        case "count": {
            const { atLeast, atMost } = spec;
            const about = `${description}, ${words.between(atLeast, atMost)} (${words.byDefault(spec.default)})`;
            const parse = (text: string) => {
                const value = Number(text);
                if (/^\d+$/.test(text) && value >= atLeast && value <= atMost) return value;
                throw new InvalidArgumentError(words.wholeNumber(atLeast, atMost));
            };
            return new Option(`${flagOf(name)} <number>`, about).argParser(parse).default(spec.default);
        }
    }
}

const experiment = stackCommand("experiment", words.description, words.stack(defaultStack))
    .addOption(new Option("--lang <language>", words.lang).choices([...languages]).default("en"))
    .option("--json", words.json, false)
    .option("--predict", words.predict, false)
    .option("--out <folder>", words.out)
    .helpOption("-h, --help", words.help)
    .helpCommand(false)
    // What commander adds by itself is English.
    .configureHelp({
        showGlobalOptions: true,
        optionDescription: ({ description }) => description,
        styleTitle: (title) => words.titles[title] ?? title,
    })
    .argument("[name]")
    .action(
        onStack(({ stack }, name?: string) => {
            if (name === undefined) {
                console.log(listExperiments(stack, language));
                return 0;
            }
            console.error(
                words.unknown(
                    name,
                    experiments.map((known) => known.name),
                ),
            );
            return 1;
        }),
    );
for (const one of experiments) {
    const own = one.texts(texts);
    const command = experiment.command(one.name).description(own.summary);
    for (const [name, spec] of Object.entries(one.options)) {
        command.addOption(toOption(name, own.options[name] ?? name, spec));
    }
    command.action(
        onStack((workspace, options: Record<string, unknown>) =>
            runExperiment(workspace, one, options, experiment.opts<RunOptions>()),
        ),
    );
}
experiment.parse();
