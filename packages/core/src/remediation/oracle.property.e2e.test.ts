// The same comparison over ten times as many sequences.
import './oracle.property.test.js';
