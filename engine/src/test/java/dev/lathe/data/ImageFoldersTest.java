package dev.lathe.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.InvalidDataException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFoldersTest {

  @TempDir Path folder;

  @Test
  void foldersAreClassesInAlphabeticalOrderAndTakeTurns() throws IOException {
    DataFiles.png(folder.resolve("dog/1.png"), 2, 1, 0x010203);
    DataFiles.png(folder.resolve("cat/1.png"), 2, 1, 0x0a0b0c);
    DataFiles.png(folder.resolve("cat/2.png"), 2, 1, 0);
    Files.writeString(folder.resolve("cat/notes.txt"), "x");

    Dataset dataset = Datasets.open(folder);

    assertThat(dataset.size()).hasValue(3);
    assertThat(DataFiles.readAll(dataset)).extracting(Sample::label).containsExactly(0, 1, 0);
    assertThat(DataFiles.readAll(dataset).get(1).pixels().values())
        .containsExactly(1, 2, 3, 1, 2, 3);
  }

  @Test
  void numberedFoldersAreTheirNumber() throws IOException {
    for (String name : new String[] {"2", "10", "0"}) {
      DataFiles.png(folder.resolve(name).resolve("1.png"), 1, 1, 0);
    }
    assertThat(DataFiles.readAll(Datasets.open(folder)))
        .extracting(Sample::label)
        .containsExactlyInAnyOrder(0, 2, 10);
  }

  @Test
  void aListNamesFilesAndClasses() throws IOException {
    DataFiles.png(folder.resolve("a,b.png"), 1, 1, 0xff0000);
    DataFiles.png(folder.resolve("sub/c.png"), 1, 1, 0x00ff00);
    Files.writeString(folder.resolve("labels.csv"), "file,class\na,b.png, 4\nsub/c.png,0\n\n");

    assertThat(DataFiles.readAll(Datasets.open(folder)))
        .extracting(Sample::label)
        .containsExactly(4, 0);
  }

  @Test
  void aFolderOfImagesAloneHasNoLabels() throws IOException {
    DataFiles.png(folder.resolve("b.png"), 1, 1, 0x040506);
    DataFiles.png(folder.resolve("a.png"), 1, 1, 0x010203);
    Files.writeString(folder.resolve("notes.txt"), "x");

    Dataset dataset = Datasets.open(folder);

    assertThat(dataset.labelled()).isFalse();
    assertThat(dataset.size()).hasValue(2);
    assertThat(DataFiles.readAll(dataset))
        .extracting(Sample::label)
        .containsExactly(Sample.NO_LABEL, Sample.NO_LABEL);
    assertThat(DataFiles.readAll(dataset).get(0).pixels().values()).containsExactly(1, 2, 3);
    assertThatThrownBy(dataset::requireLabels)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("a folder per class");
  }

  @Test
  void aFolderWithoutImagesIsRefused() throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "x");
    assertThatThrownBy(() -> Datasets.open(folder))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("unknown kind of data")
        .hasMessageContaining("a folder of images, without labels");
  }

  @Test
  void everyBadLineIsListed() throws IOException {
    DataFiles.png(folder.resolve("a.png"), 1, 1, 0);
    Files.writeString(
        folder.resolve("labels.csv"), "a.png,x\nb.png,1\n../a.png,1\na.png\na.png,-1\na.png,2\n");

    assertThatThrownBy(() -> Datasets.open(folder))
        .isInstanceOfSatisfying(
            InvalidDataException.class, e -> assertThat(e.problems()).hasSize(5))
        .hasMessageContaining("line 1")
        .hasMessageContaining("outside the folder")
        .hasMessageContaining("no comma")
        .hasMessageContaining("negative");
    Files.writeString(folder.resolve("labels.csv"), "file,class\n");
    assertThatThrownBy(() -> Datasets.open(folder)).hasMessageContaining("no images");
  }

  @Test
  void greyImagesKeepTheirValues() throws IOException {
    BufferedImage image = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
    for (int x = 0; x < 256; x++) {
      image.getRaster().setSample(x, 0, 0, x);
    }
    Path file = folder.resolve("grey.png");
    ImageIO.write(image, "png", file.toFile());

    Pixels pixels = ImageDecoder.decode(file);

    assertThat(pixels.channels()).isEqualTo(1);
    for (int x = 0; x < 256; x++) {
      assertThat(pixels.values()[x]).isEqualTo(x);
    }
  }

  @Test
  void damagedImagesAreReported() throws IOException {
    Path file = DataFiles.png(folder.resolve("p.png"), 40, 30, 0x123456);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length - 16; length += 7) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> ImageDecoder.decode(file))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("p.png");
    }
    byte[] huge = whole.clone();
    huge[16] = 0x7f; // width in the IHDR chunk
    Files.write(file, huge);
    assertThatThrownBy(() -> ImageDecoder.decode(file)).isInstanceOf(InvalidDataException.class);
  }
}
