/* ECharts with only what is drawn here, loaded on demand. Tooltips are our own (chart.tsx): theirs would be a tenth
 * of the weight of the first page. */
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

echarts.use([BarChart, LineChart, GridComponent, CanvasRenderer]);

export const init = echarts.init;
