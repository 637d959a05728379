import { describe, expect, it } from 'vitest';
import { pathTraversal } from './path-traversal.js';

describe('a path that climbs in a spelling of its own', () => {
  it.each([
    '/static/..%2f..%2fetc/passwd',
    '/cgi-bin/.%2e/.%2e/bin/sh',
    '/%2e%2e/x',
    '/%2E./x',
    '/static/..%252f..%252fapp.js',
    '/%252e%252e/x',
    '/%25252e%25252e%25252fx',
    '/%%32%65%%32%65/x',
    '/..;/manager/html',
    '/a/..;b=c/d',
    '/..%3b/x',
    '/x/..%00/y',
    '/..%20/x',
    '/..%0d%0a/x',
    '/..\\..\\windows\\win.ini',
    '/x/..%5c..%5cwin.ini',
    '..%2fx',
    '/%c0%ae%c0%ae/x',
    '/..%c0%afetc/passwd',
    '/..%c0%2fx',
    '/..%c1%1cx',
    '/..%c1%9cx',
    '/%e0%80%ae%e0%80%ae/x',
    '/..%e0%80%afx',
    '/%f0%80%80%ae%f0%80%80%ae%f0%80%80%afx',
    '/..%f8%80%80%80%afx',
    '/..%fc%80%80%80%80%afx',
    '/..%25c0%25afx',
    '/\xc0\xae\xc0\xae/x',
    '/%u002e%u002e/x',
    '/..%u2215x',
    '/..%u2216x',
    '/%uff0e%uff0e%uff0fx',
    '/%ef%bc%8e%ef%bc%8e%ef%bc%8fx',
    '/....//....//etc/passwd',
    '/....%2f%2fx',
    '/deep/a%2f..%2f..%2fx',
    `/${'a/'.repeat(5_000)}..%2fx`,
  ])('is %j: it gets out', (path) => {
    expect(pathTraversal(path)).toBe('out');
  });

  it.each(['/x%2f..%2fy', '/edit/a%2Fb%2F..%2Fc', '/a\\..\\b'])('is %j, which stays within', (path) => {
    expect(pathTraversal(path)).toBe('within');
  });

  it.each([
    '/',
    '',
    '/../images/logo.png',
    '/a/../../b',
    '/a/..',
    '/search/%2e%2e',
    '/search/..;-)',
    '/search/..%20',
    '/files/v1.%2e0/a',
    '/search/100%25',
    '/compare/release%2F1...%2Ffoo',
    '/compare/release%2F1..%2Ffoo',
    '/compare/v1.%2e/foo',
    '/search/wait..%2Fwhat',
    '/files/report..%2fx',
    '/files/report..;/x',
    '/image/https%3A%2F%2Fcdn.example%2Fa%2F..%2Flogo.png',
    '/wiki/%E8%A8%AD%E5%AE%9A%EF%BC%8F%E6%A6%82%E8%A6%81',
    '/wiki/%EF%BC%91%EF%BC%8E%E6%A6%82%E8%A6%81',
    '/caf%C3%A9/%C3%80..%C3%80',
    '/x/...%2f/y',
    '/%2e/%2e/x',
  ])('is not %j', (path) => {
    expect(pathTraversal(path)).toBeUndefined();
  });
});
