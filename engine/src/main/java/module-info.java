/** Reads, compresses and runs neural networks on the CPU. */
module dev.lathe {
  requires com.google.protobuf;
  requires dev.lathe.stubs;
  requires freemarker;
  requires info.picocli;
  requires java.desktop;
  requires java.management;
  requires jdk.incubator.vector;
  requires jdk.jfr;
  requires org.apache.commons.statistics.descriptive;
  requires static transitive org.jspecify;
  requires org.snakeyaml.engine;
  requires tools.jackson.jr.ob;

  exports dev.lathe.compact;
  exports dev.lathe.compress.calibrate;
  exports dev.lathe.compress.factorize;
  exports dev.lathe.compress.prune;
  exports dev.lathe.compress.quantize;
  exports dev.lathe.compress.recipe;
  exports dev.lathe.compress.recover;
  exports dev.lathe.compress.scheme;
  exports dev.lathe.compress.sensitivity;
  exports dev.lathe.compress.share;
  exports dev.lathe.compress.simplify;
  exports dev.lathe.compress.surgery;
  exports dev.lathe.compress.weights;
  exports dev.lathe.compress;
  exports dev.lathe.cpu;
  exports dev.lathe.data;
  exports dev.lathe.error;
  exports dev.lathe.file;
  exports dev.lathe.graph;
  exports dev.lathe.kernel.dispatch;
  exports dev.lathe.kernel;
  exports dev.lathe.measure;
  exports dev.lathe.onnx;
  exports dev.lathe.parallel;
  exports dev.lathe.pass;
  exports dev.lathe.plan;
  exports dev.lathe.quant;
  exports dev.lathe.runtime;
  exports dev.lathe.tensor;
  exports dev.lathe;

  uses dev.lathe.measure.Peer;

  opens dev.lathe.cli to
      info.picocli;
  opens dev.lathe.report.bench to
      freemarker;
  opens dev.lathe.report.compare to
      freemarker;
  opens dev.lathe.report.explain to
      freemarker;
  opens dev.lathe.report.html to
      freemarker;
}
