import { test } from 'vitest'
import { createTestRuntime } from './runtime'
import { insertTrace } from './spans'
import { listSpans } from '#server/traces/list-spans'
import { listTraces } from '#server/traces/traces'
import { listProjectSummaries } from '#server/projects/summaries'
import { deleteProject } from '#server/projects/delete-project'
import { encodeGlobalId } from '#server/global-id'
import { sql } from 'drizzle-orm'
test('bench', async () => {
  const rt = await createTestRuntime()
  const pad = 'x'.repeat(2000)
  let p = 0
  for (let i=0;i<100;i++) { const t = await insertTrace(rt, { project: 'big', spans: Array.from({length:1000},(_, j)=>({offset:j, attributes:{pad, n:i*1000+j}})) , start: 1767323045000000+i*1e6}); p=t.projectId }
  const small = await insertTrace(rt, { project: 'small' })
  const time = async (name: string, f: ()=>Promise<unknown>) => { const s=performance.now(); const r = await f(); console.log(name, (performance.now()-s).toFixed(1), JSON.stringify(r)?.slice(0,80)) }
  const q = (x: object, limit=100, fromId: number|null=null) => listSpans(rt, {projectId:p, filter:{}, limit, fromId, ...x} as never).then(r=>r.items.length)
  for (let k=0;k<2;k++){
  await time('newest', ()=>q({}))
  await time('1000', ()=>q({},1000))
  await time('deep', ()=>q({},100,5000))
  await time('rare attr', ()=>q({filter:{attributes:[{path:['n'],kind:'number',value:'77'}]}}))
  await time('name none', ()=>q({filter:{names:['nope']}}))
  await time('time narrow', ()=>q({filter:{startFrom:1767323045000000+50e6,startBefore:1767323045000000+50e6+10}}))
  await time('time wide', ()=>q({filter:{startFrom:1}}))
  await time('span id', ()=>q({filter:{spanIds:[small.spans[0]!.spanId]}}))
  await time('trace id', ()=>q({filter:{traceIds:[small.traceId]}}))
  await time('small', ()=>listSpans(rt,{projectId:small.projectId,filter:{},limit:100,fromId:null}).then(r=>r.items.length))
  await time('summaries', ()=>listProjectSummaries(rt))
  await time('traces', ()=>listTraces(rt,{projectId:p}))
  }
  await time('delete', ()=>deleteProject(rt, encodeGlobalId('Project', p)))
}, 600000)
