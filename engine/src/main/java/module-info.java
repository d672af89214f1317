/** Reads, compresses and runs neural networks on the CPU. */
module dev.lathe {
  requires com.google.protobuf;
  requires dev.lathe.stubs;
  requires info.picocli;
  requires java.desktop;
  requires jdk.incubator.vector;
  requires jdk.jfr;
  requires static org.jspecify;
  requires tools.jackson.jr.ob;

  opens dev.lathe.cli to
      info.picocli;
}
