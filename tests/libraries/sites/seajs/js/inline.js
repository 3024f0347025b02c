define(function (require, exports, module) { this.at = 'this'; exports.at = module.exports === this ? 'exports' : 'other'; });
