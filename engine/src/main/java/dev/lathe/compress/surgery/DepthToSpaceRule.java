package dev.lathe.compress.surgery;

import java.util.List;

/** DepthToSpace and SpaceToDepth: a channel of the wider image is several of the deeper one. */
final class DepthToSpaceRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("DepthToSpace", "SpaceToDepth");
  }

  @Override
  public void link(Links links) {
    boolean toSpace = links.node().is("DepthToSpace");
    Axis deep = toSpace ? links.in(0, 1) : links.out(0, 1);
    Axis wide = toSpace ? links.out(0, 1) : links.in(0, 1);
    boolean channelsOuter = links.node().textAttribute("mode", "DCR").equals("CRD");
    int channels = links.extent(wide);
    int copies = links.extent(deep) / channels;
    links.join(links.in(0, 0), links.out(0, 0));
    for (int i = 0; i < links.extent(deep); i++) {
      links.join(deep, i, wide, channelsOuter ? i / copies : i % channels);
    }
  }
}
