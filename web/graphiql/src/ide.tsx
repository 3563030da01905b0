import { GraphiQLInterface } from 'graphiql';
import { DOC_EXPLORER_PLUGIN, DocExplorerContextProvider } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN, HistoryContextProvider } from '@graphiql/plugin-history';
import {
  GraphiQLProvider,
  useEditorContext,
  usePluginStore,
  type GraphiQLPlugin,
} from '@graphiql/react';
import { useEffect, useRef, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './ide.css';
import { ACT, READ, type Example } from './examples';
import { fetcher } from './fetcher';

const text = ({ query, variables }: Example) => ({
  query,
  variables: variables ? JSON.stringify(variables(), null, 2) : '',
});

/** The list of examples; one that is taken gets a tab of its own. */
function Examples() {
  const { activeTabIndex, addTab, queryEditor, variableEditor } = useEditorContext({
    nonNull: true,
  });
  const taken = useRef<Example | null>(null);
  useEffect(() => {
    if (!taken.current || !queryEditor) return;
    const { query, variables } = text(taken.current);
    taken.current = null;
    queryEditor.setValue(query);
    variableEditor?.setValue(variables);
  }, [activeTabIndex, queryEditor, variableEditor]);

  const rows = (examples: readonly Example[]) => (
    <ul>
      {examples.map((example) => (
        <li key={example.en}>
          <button
            type="button"
            onClick={() => {
              taken.current = example;
              addTab();
            }}
          >
            {example.zh} <small lang="en">{example.en}</small>
          </button>
        </li>
      ))}
    </ul>
  );
  return (
    <section className="examples" aria-label="例子 Examples">
      <div className="graphiql-doc-explorer-title">例子 Examples</div>
      <h3>查询与订阅 Ask and follow</h3>
      {rows(READ)}
      <h3>操作 Act</h3>
      {rows(ACT)}
    </section>
  );
}

const EXAMPLES: GraphiQLPlugin = {
  title: '例子 Examples',
  icon: () => (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden="true">
      <path d="M7.500 5.500H17M7.500 10H17M7.500 14.500H17M3.500 5.500h.6M3.500 10h.6M3.500 14.500h.6" />
    </svg>
  ),
  content: Examples,
};
const PLUGINS = [EXAMPLES, DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

/** GraphiQL looks once, when it begins, whether a pane is open: the list of examples is, by then. */
function Begun({ children }: { children: ReactNode }) {
  const open = usePluginStore(({ visiblePlugin }) => visiblePlugin !== null);
  const begun = useRef(false);
  begun.current ||= open;
  return begun.current ? children : null;
}

export interface Shown {
  theme: 'light' | 'dark';
  /** Whether the schema may be read; otherwise nothing is completed or explained. */
  explained: boolean;
}

/** What one begins with; what was written in this tab of the browser before goes first. */
function beginning() {
  const [first] = READ;
  if (!first) return [];
  const example = text(first);
  if (sessionStorage.getItem('graphiql:tabState') === null) {
    sessionStorage.setItem('graphiql:variables', example.variables);
  }
  return [example];
}

/** GraphiQL in this element: `draw` shows it, and shows it anew; `end` takes it away. */
export function show(element: HTMLElement): { draw(shown: Shown): void; end(): void } {
  const root = createRoot(element);
  const tabs = beginning();
  return {
    draw: ({ theme, explained }) =>
      root.render(
        <GraphiQLProvider
          fetcher={fetcher}
          plugins={PLUGINS}
          visiblePlugin={EXAMPLES}
          referencePlugin={DOC_EXPLORER_PLUGIN}
          defaultTabs={tabs}
          shouldPersistHeaders={false}
          storage={sessionStorage}
          {...(explained ? {} : { schema: null })}
        >
          <HistoryContextProvider>
            <DocExplorerContextProvider>
              <Begun>
                <GraphiQLInterface
                  defaultEditorToolsVisibility="variables"
                  showPersistHeadersSettings={false}
                  forcedTheme={theme}
                />
              </Begun>
            </DocExplorerContextProvider>
          </HistoryContextProvider>
        </GraphiQLProvider>,
      ),
    end: () => root.unmount(),
  };
}
