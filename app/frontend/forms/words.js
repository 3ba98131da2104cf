// What the form says by itself. form-js speaks English; its sentences are the keys of the first table.

const VIEWER = {
  'Add new': '增加一项',
  'All values selected': '已全部选中',
  'Collapse': '收起',
  'Date and time must both be entered.': '日期和时间都要填写。',
  'Decrement': '减少',
  'Expand all ({value})': '展开全部({value})',
  'Field is required.': '请填写此项',
  'Field must be a valid email.': '请填写有效的电子邮箱',
  'Field must be a valid international phone number. (e.g. +4930664040900)': '请填写有效的电话号码（带国际区号，如 +8613812345678）',
  'Field must have maximum length of {value}.': '最多 {value} 个字',
  'Field must have maximum value of {value}.': '不能大于 {value}',
  'Field must have minimum length of {value}.': '至少 {value} 个字',
  'Field must have minimum value of {value}.': '不能小于 {value}',
  'Field must match pattern {value}.': '格式不正确',
  'Increment': '增加',
  'Max validation value is not a valid number.': '最大值设置有误',
  'Min validation value is not a valid number.': '最小值设置有误',
  'Next page': '下一页',
  'No content to show.': '没有内容',
  'No files selected': '未选择文件',
  'No results': '没有匹配项',
  'Nothing to show.': '没有内容',
  'Please select a valid value, the two nearest valid values are {previousValue} and {nextValue}.': '请填写有效的值，最接近的是 {previousValue} 和 {nextValue}',
  'Previous page': '上一页',
  'Remove tag': '移除',
  'Search': '搜索',
  'Skip to search': '跳到搜索',
  'Value has more than 34 digits.': '数字最多 34 位，无法准确保存。编号请用文字栏目填写',
  'Value has more than 40 characters.': '数字最多 40 个字符',
  'Value is expected to be an integer.': '应为整数',
  'Value is expected to have at most 1 decimal digit.': '最多 1 位小数',
  'Value is expected to have at most {value} decimal digits.': '最多 {value} 位小数',
  'Value is not a date.': '应为日期（如 2020-05-21）',
  'Value is not a number.': '应为数字',
  'Value is not a time.': '应为时间（如 19:30）',
  '{page} of {total}': '第 {page} 页，共 {total} 页',
  '{value} files selected': '已选择 {value} 个文件'
};

const OURS = {
  zh: {
    colon: '\uff1a', help: '口径', choose: '请选择', item: '第 {number} 项', add: '增加{item}', remove: '删除', removeRow: '删除第 {number} 项', annotate: '批注',
    unmask: '显示', held: '此项暂挂', by: '由 {who} 处理', open: '查看', answered: '答复：{text}', resolved: '已处理',
    section: '第 {number} / {total} 节', sections: '各节', done: '已填', missing: '{count} 处待改',
    errors: '有 {count} 处需要修改', warnings: '有 {count} 处需要说明理由', problems: '提交后将登记 {count} 个问题',
    problemsHint: '请核对。确认无误后再次提交，问题进入台账。', reason: '理由', reasonHint: '请写明理由（不能为空）',
    upload: '上传文件', uploading: '正在上传…', failed: '上传失败，请稍后重试', file: '附件', removeFile: '移除 {name}', computed: '系统计算', none: '—',
    yes: '是', no: '否', comma: '\u3001', differs: '不一致', row: '第 {number} 行', noUpload: '请在本页“附件”处上传'
  },
  en: {
    colon: ': ', help: 'What this means', choose: 'Choose', item: 'Item {number}', add: 'Add {item}', remove: 'Remove', removeRow: 'Remove item {number}', annotate: 'Comment',
    unmask: 'Show', held: 'On hold', by: 'waits for {who}', open: 'Open', answered: 'Reply: {text}', resolved: 'Settled',
    section: 'Section {number} of {total}', sections: 'Sections', done: 'filled', missing: '{count} to correct',
    errors: '{count} to correct', warnings: '{count} need a reason', problems: 'Submitting will record {count} problems',
    problemsHint: 'Please check. Submit again to confirm; the problems go into the ledger.', reason: 'Reason', reasonHint: 'Give the reason',
    upload: 'Upload a file', uploading: 'Uploading…', failed: 'The upload failed, please try again', file: 'File', removeFile: 'Remove {name}', computed: 'computed', none: '—',
    yes: 'Yes', no: 'No', comma: ', ', differs: 'Differs', row: 'row {number}', noUpload: 'Upload it under “Attachments” on this page'
  }
};

const filled = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values?.[name] ?? '');

/** say('held') → the sentence in the reader's language. */
export const speaker = locale => (name, values) => filled(OURS[locale][name], values);

/** form-js's own translate service. */
export const translator = locale => (template, values) => filled(locale === 'zh' ? VIEWER[template] ?? template : template, values);
