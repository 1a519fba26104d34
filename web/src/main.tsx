import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './pages/app';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/pages.css';

const root = document.getElementById('root');
if (root) createRoot(root).render(<StrictMode><App /></StrictMode>);
