import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
    { ignores: ["node_modules/", ".state/", ".tools/", "app-django/", "app-frontend/", "**/*.mjs"] },
    js.configs.recommended,
    ...tseslint.configs.recommendedTypeChecked,
    {
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            curly: ["error", "multi-line"],
            eqeqeq: "error",
            "@typescript-eslint/no-non-null-assertion": "error",
            "@typescript-eslint/switch-exhaustiveness-check": "error",
        },
    },
    {
        // These run in Node.js as they are.
        ...tseslint.configs.disableTypeChecked,
        files: ["**/*.cjs"],
        languageOptions: {
            sourceType: "commonjs",
            parserOptions: { projectService: false },
            globals: Object.fromEntries(
                ["require", "module", "process", "console", "setTimeout"].map((name) => [name, "readonly"]),
            ),
        },
        rules: {
            ...tseslint.configs.disableTypeChecked.rules,
            "@typescript-eslint/no-require-imports": "off",
        },
    },
    {
        // What the engine is handed has no types of its own.
        files: ["test/**"],
        rules: {
            "@typescript-eslint/no-explicit-any": "off",
            "@typescript-eslint/no-unsafe-argument": "off",
            "@typescript-eslint/no-unsafe-assignment": "off",
            "@typescript-eslint/no-unsafe-call": "off",
            "@typescript-eslint/no-unsafe-member-access": "off",
            "@typescript-eslint/no-unsafe-return": "off",
            "@typescript-eslint/no-require-imports": "off",
        },
    },
);
