/** What a page or a group is called: in Chinese, in English. @typedef {readonly [string, string]} Title */

/**
 * The manuals, in the order a partner needs them. A page is a Markdown file of the repository; one that
 * has a translation (`X.zh-CN.md` beside `X.md`) is shown in the language that is read. A folder stands
 * for all pages in it.
 * @type {readonly { title: Title, quiet?: true, pages: readonly (readonly [string, ...Title])[] }[]}
 */
export const GROUPS = [
  {
    title: ['接入', 'Connect'],
    pages: [
      ['docs/README.md', '接入指南', 'How to connect'],
      ['docs/access.md', '账号、令牌、权限', 'Accounts, tokens, roles'],
      ['docs/graphql.md', '查询与操作', 'The graph'],
      ['docs/live.md', '实时订阅', 'Live queries'],
      ['docs/http.md', 'HTTP 约定与限额', 'HTTP and its bounds'],
      ['docs/errors.md', '错误码', 'Error codes'],
      ['docs/mobile-api.md', '移动接口', 'Mobile API'],
      ['docs/alarms.md', '告警', 'Alarms'],
      ['docs/history.md', '历史', 'History'],
      ['docs/federation.md', '联邦子图', 'Federation'],
      ['docs/schema-changes.md', '模式变更', 'Changes of the schema'],
    ],
  },
  {
    title: ['提供数据', 'Send data'],
    pages: [
      ['docs/feeds.md', '数据源', 'Feeds'],
      ['docs/coach-profile.md', '客运站班次规约', 'Coach station profile'],
      ['docs/mapped.md', '自有 JSON 或 CSV', 'Your own JSON or CSV'],
      ['docs/connectors', '各类数据源', 'Kinds of feed'],
    ],
  },
  {
    title: ['运行', 'Run it'],
    pages: [
      ['README.md', '试用与安装', 'Try it, install it'],
      ['docs/configuration.md', '配置', 'Configuration'],
      ['docs/audit.md', '审计日志', 'Audit log'],
      ['docs/data-model.md', '数据模型', 'Data model'],
    ],
  },
  {
    title: ['开发', 'Develop it'],
    pages: [
      ['ARCHITECTURE.md', '架构', 'Architecture'],
      ['docs/add-a-connector.md', '增加数据源类型', 'Add a connector'],
      ['docs/add-a-capability.md', '增加业务能力', 'Add a capability'],
      ['web/README.md', '界面', 'The web apps'],
      ['docs/decisions', '设计决定', 'Decisions'],
      ['bench/RESULTS.md', '性能实测', 'Measured'],
      ['CHANGELOG.md', '变更记录', 'Changelog'],
    ],
  },
];
