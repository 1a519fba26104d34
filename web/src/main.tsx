import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './pages/app';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/pages.css';

// The chart library is the heaviest part: it is on its way before the numbers are.
if (/^\/(attribution)?$/.test(location.pathname)) void import('./charts/echarts');

const root = document.getElementById('root');
if (root) createRoot(root).render(<StrictMode><App /></StrictMode>);
