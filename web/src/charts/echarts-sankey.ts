/* What only the Paths page draws, in a file of its own. */
import { SankeyChart } from 'echarts/charts';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

echarts.use([SankeyChart, CanvasRenderer]);

export const init = echarts.init;
