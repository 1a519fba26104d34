import hooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/* Direction: pages → components, charts, hooks → api, lib. */
const layer = (files, ...forbidden) => ({
  files,
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [{ group: forbidden, message: 'pages → components, charts, hooks → api, lib' }] }] },
});

export default defineConfig(
  { ignores: ['dist', 'node_modules', 'src/api/schema.ts'] },
  {
    files: ['src/**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked, hooks.configs.flat.recommended],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  layer(['src/lib/**', 'src/api/**'], '**/pages/**', '**/components/**', '**/charts/**', '**/hooks/**'),
  layer(['src/components/**', 'src/charts/**'], '**/pages/**', '**/api/client', '**/hooks/useQuery'),
  layer(['src/hooks/**'], '**/pages/**', '**/components/**', '**/charts/**'),
);
